import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

// At start-up these speak of classes, modules and route paths only; elsewhere Nest's texts may quote what was thrown.
const START_UP = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);
// Thrown by Nest while it wires the modules: the message is the only place that names what is missing.
const WIRING = /^(Unknown|Undefined|Invalid|Circular)[A-Za-z]*(Exception|Error)$/;

/**
 * Nest's own log lines through ours. Their text is free, so it is not written at all; what can be trusted to hold no
 * value (the component's name, the kind of error) is.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(_message: unknown, ...rest: unknown[]): void {
    const component = contextOf(rest);
    // One line for each route and module is noise at `info`.
    this.logger.debug('framework', component === undefined ? {} : { component });
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.log(message, ...rest);
  }

  verbose(): void {}

  warn(_message: unknown, ...rest: unknown[]): void {
    this.logger.warn('framework warning', { component: contextOf(rest) ?? 'unknown' });
  }

  error(message: unknown, ...rest: unknown[]): void {
    const error = [message, ...rest].find((part) => part instanceof Error);
    this.logger.error('framework error', { component: contextOf(rest) ?? 'unknown', error });
    // A wiring mistake stops the start, before any request could bring a value in.
    if (error instanceof Error && WIRING.test(error.constructor.name)) console.error(error.message);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.error(message, ...rest);
  }
}

function contextOf(rest: readonly unknown[]): string | undefined {
  const last = rest.at(-1);
  return typeof last === 'string' && last.length <= 60 && (START_UP.has(last) || /^[A-Z]\w*$/.test(last))
    ? last
    : undefined;
}
