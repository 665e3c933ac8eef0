/** What a log may say of an error. */
export interface ErrorDescription {
  readonly name: string;
  /** SQLSTATE, Node's error code or the code of a coded error */
  readonly code?: string;
  /** PostgreSQL: what the failure was about, all names of ours */
  readonly constraint?: string;
  readonly table?: string;
  readonly syscall?: string;
  /** Stack frames without the message above them. */
  readonly frames?: readonly string[];
  readonly cause?: ErrorDescription;
}

const NAME = /^[A-Za-z][A-Za-z0-9_.]{0,80}$/;
const CODE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,80}$/;
// `at fn (file:1:2)`, `at async file:1:2`. Anything else on a stack line may be part of a message.
const FRAME =
  /^\s+at (?:async )?(?:new )?(?:[\w$.<>[\] #]{1,120} \((?:file:\/\/|node:|\/)[^()\s]{1,300}:\d+:\d+\)|(?:file:\/\/|node:|\/)[^()\s]{1,300}:\d+:\d+)$/;
const FRAMES_MAX = 12;
const CAUSES_MAX = 3;

/**
 * Reduces an error to what cannot hold a personal value.
 *
 * Its message is left out whole: PostgreSQL writes values there (`Key (email)=(…) already exists`), JSON.parse quotes its
 * input, and libraries quote what they were given. What remains are names and codes with a narrow shape, and the frames.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (typeof error !== 'object' || error === null) return { name: `thrown ${typeof error}` };
  const { name, code, constraint, table, syscall, cause } = error as Record<string, unknown>;
  const frames = error instanceof Error ? stackFrames(error) : [];
  return {
    name: shaped(name, NAME) ?? 'Error',
    ...optional('code', shaped(code, CODE)),
    ...optional('constraint', shaped(constraint, CODE)),
    ...optional('table', shaped(table, CODE)),
    ...optional('syscall', shaped(syscall, CODE)),
    ...optional('frames', frames.length > 0 ? frames : undefined),
    ...optional(
      'cause',
      cause !== undefined && depth < CAUSES_MAX ? describeError(cause, depth + 1) : undefined,
    ),
  };
}

/** A message can hold line breaks and lines that look like frames, so it is cut out before lines are looked at. */
function stackFrames(error: Error): string[] {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const message = String(error.message);
  const start = message === '' ? -1 : stack.indexOf(message);
  // The stack was made with another message than the one there now: nothing tells its lines from frames.
  if (message !== '' && start === -1) return [];
  const below = start === -1 ? stack : stack.slice(start + message.length);
  return below
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim());
}

function shaped(value: unknown, shape: RegExp): string | undefined {
  return typeof value === 'string' && shape.test(value) ? value : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
