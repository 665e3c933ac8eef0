import type { AuditEntry } from './entry.js';
import type { Actor } from './facts.js';

/** An entry read back, of any version of the writer: everything that only some write is optional. */
export type LoggedEntry = Omit<AuditEntry, 'actor'> & {
  readonly actor: Actor & {
    readonly session?: string;
    readonly client?: string;
    /** seconds since the sign-in, and since the second factor was shown */
    readonly signInAge?: number;
    readonly factorAge?: number;
  };
  readonly from?: { readonly listener: string; readonly network?: string };
  readonly policy?: string;
};

/**
 * Reads the stored bytes of an entry. Bytes of a log that somebody has written into may be anything.
 * @returns null where they are no entry
 */
export function parseLoggedEntry(bytes: Uint8Array): LoggedEntry | null {
  try {
    const entry: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'),
    );
    return isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

function isEntry(value: unknown): value is LoggedEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { action, outcome, at, actor } = value as Partial<LoggedEntry>;
  const named = typeof action === 'string' && (outcome === 'done' || outcome === 'refused');
  const timed = typeof at === 'string' && !Number.isNaN(Date.parse(at));
  return named && timed && typeof actor?.kind === 'string' && typeof actor.id === 'string';
}
