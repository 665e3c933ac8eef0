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
    readonly guardian?: true;
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

// What a log holds was written by whoever could write to its database: nothing that is used may be of another type.
function isEntry(value: unknown): value is LoggedEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  const { action, outcome, at, actor, reason, from } = entry;
  return (
    typeof action === 'string' &&
    (outcome === 'done' || outcome === 'refused') &&
    isTime(at) &&
    isActor(actor) &&
    ['code', 'subject', 'purpose', 'object', 'requestId', 'policy'].every((name) => isText(entry[name])) &&
    isNumber(entry.count) &&
    isTexts(entry.fields) &&
    (reason === undefined ||
      (isObject(reason) && typeof reason.code === 'string' && isText(reason.reference))) &&
    (from === undefined || (isObject(from) && isText(from.listener) && isText(from.network)))
  );
}

function isActor(actor: unknown): boolean {
  if (!isObject(actor)) return false;
  const named = typeof actor.kind === 'string' && typeof actor.id === 'string';
  if (actor.guardian !== undefined && actor.guardian !== true) return false;
  return named && isTexts(actor.roles) && isText(actor.session) && isText(actor.client) && areAges(actor);
}

function areAges({ signInAge, factorAge }: Record<string, unknown>): boolean {
  return isNumber(signInAge) && isNumber(factorAge);
}

/** UTC with milliseconds, as the app writes it: other spellings mean years that no feed or alert can say. */
function isTime(at: unknown): at is string {
  const written = typeof at === 'string' && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(at);
  return written && !Number.isNaN(Date.parse(at));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isNumber = (value: unknown): boolean => value === undefined || Number.isSafeInteger(value);
const isTexts = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
