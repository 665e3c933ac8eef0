/**
 * Everything a log line may hold besides its time, level, service and message. A field that is not here, or whose value
 * does not have the shape given here, is dropped: a log must stay free of personal values even when a caller is careless.
 * Shapes are narrow on purpose; free text has none.
 */
const checks = {
  /** our own name of a request */
  requestId: text(/^[0-9a-f-]{36}$/),
  /** id of a route contract: `people.reveal` */
  route: text(/^[a-z0-9_-]{1,40}\.[a-z0-9_.-]{1,60}$/),
  method: text(/^[A-Z]{3,7}$/),
  status: integer,
  /** code of a coded error */
  code: text(/^[a-z0-9_-]{1,40}(\.[a-z0-9_-]{1,40}){1,3}$/),
  callerKind: text(/^(person|staff|client|process)$/),
  durationMs: number,
  count: integer,
  attempts: integer,
  size: integer,
  /** topic of an outbox message, name of a queue, job, purpose, module, component or setting of ours */
  topic: text(/^[a-z][a-z0-9_.-]{0,60}$/),
  job: text(/^[a-z][a-z0-9_.:-]{0,60}$/),
  component: text(/^[A-Za-z][A-Za-z0-9_.:/ -]{0,60}$/),
  setting: text(/^[A-Z][A-Z0-9_]{0,60}$/),
  purpose: text(/^[a-z][a-z-]{0,40}$/),
  version: text(/^[A-Za-z0-9.+-]{1,40}$/),
  signal: text(/^SIG[A-Z0-9]{1,10}$/),
  host: text(/^[A-Za-z0-9.:[\]-]{1,100}$/),
  port: integer,
  pid: integer,
  epoch: integer,
  treeSize: integer,
  error: (value: unknown): value is object => typeof value === 'object' && value !== null,
} as const;

type LogField = keyof typeof checks;

export interface LogFields extends Partial<Record<Exclude<LogField, 'error'>, string | number>> {
  /** Anything thrown. Written as name, code and stack frames; see `describeError`. */
  readonly error?: unknown;
}

/** Keeps the declared fields that have their declared shape. */
export function allowed(fields: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (Object.hasOwn(checks, name) && checks[name as LogField](value)) kept[name] = value;
  }
  return kept;
}

function text(shape: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && shape.test(value);
}

function integer(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function number(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}
