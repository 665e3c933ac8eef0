import { createLogger as createWinston, format, transports, type Logger as Winston } from 'winston';
import { describeError } from './describe-error.js';
import { allowed, type LogFields } from './fields.js';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  /** name of the process: `vault`, `api`, `worker` */
  readonly service: string;
  readonly level: LogLevel;
  /** where lines go; standard output when absent */
  readonly stream?: NodeJS.WritableStream;
}

type EmptyObject = Record<never, never>;

/** A string that was written in the source: a built one could hold a value. `` `hello ${name}` `` does not compile. */
export type Constant<Text extends string> = EmptyObject extends Record<Text, 1> ? never : Text;

/** Writes JSON lines. The message is a constant; what varies goes into declared fields. */
export class Logger {
  constructor(private readonly winston: Winston) {}

  error<const Text extends string>(message: Constant<Text>, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  warn<const Text extends string>(message: Constant<Text>, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  info<const Text extends string>(message: Constant<Text>, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  debug<const Text extends string>(message: Constant<Text>, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  private write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (fields === undefined) {
      this.winston.log(level, message);
      return;
    }
    const kept = allowed(fields);
    if (fields.error !== undefined) kept.error = describeError(fields.error);
    this.winston.log(level, message, kept);
  }
}

export function createLogger(options: LoggerOptions): Logger {
  const line = format.printf((info) => {
    const { level, message, ...rest } = info;
    return JSON.stringify({
      at: new Date().toISOString(),
      level,
      service: options.service,
      message,
      ...rest,
    });
  });
  const sink = options.stream
    ? new transports.Stream({ stream: options.stream, eol: '\n' })
    : new transports.Stream({ stream: process.stdout, eol: '\n' });
  return new Logger(createWinston({ level: options.level, levels, format: line, transports: [sink] }));
}

const levels = { error: 0, warn: 1, info: 2, debug: 3 };
