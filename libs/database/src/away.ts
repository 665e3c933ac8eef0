import { CodedError } from '@integument/contracts';

const lostWith = new WeakSet<object>();

/**
 * Notes that with this error the connection was lost, or never had. Whether what was sent has taken effect nobody knows then: a COMMIT
 * may have been done, and only its answer have been lost. @returns the error
 */
export function lost(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) lostWith.add(error);
  return error;
}

/** Whether PostgreSQL answered with this error: then the statement has had no effect. */
export function isAnswer(error: unknown): boolean {
  // Errors of the network have a code, too, and EPIPE looks like a SQLSTATE.
  return typeof error === 'object' && error !== null && 'severity' in error;
}

// SQLSTATE: connection exception, a standby that was a primary, insufficient resources, operator intervention, errors of the disk.
const WHOLE_DATABASE = /^(08|25006|53|57|58)/;

/** Whether an error says of the connection, the database or another service that it is away: the next to ask gets it as well. */
export function isAway(error: unknown): boolean {
  if (error instanceof CodedError) return error.status >= 500;
  if (typeof error !== 'object' || error === null) return false;
  if (lostWith.has(error)) return true;
  const { code } = error as { code?: unknown };
  return isAnswer(error) && typeof code === 'string' && WHOLE_DATABASE.test(code);
}
