export { describeError, type ErrorDescription } from './describe-error.js';
export type { LogFields } from './fields.js';
export {
  type Constant,
  createLogger,
  LOG_LEVELS,
  Logger,
  type LoggerOptions,
  type LogLevel,
} from './logger.js';
export { NestLogger } from './nest-logger.js';
