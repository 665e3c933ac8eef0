import { type CsvValue, csvLines, type StoredEntry } from '@integument/audit-log';
import type { EntryFormat } from './entry-formats.js';

interface LooseEntry {
  readonly [name: string]: unknown;
  readonly actor?: Readonly<Record<string, unknown>>;
  readonly reason?: Readonly<Record<string, unknown>>;
  readonly from?: Readonly<Record<string, unknown>>;
}

/**
 * The columns of CSV, each with where in the entry it comes from. Lists are separated by spaces (names have none); `details`,
 * which differ by action, are JSON. A cell is empty where the entry says nothing, and all but the first where its bytes are no JSON.
 */
const COLUMNS: Readonly<Record<string, (entry: LooseEntry) => unknown>> = {
  at: ({ at }) => at,
  action: ({ action }) => action,
  outcome: ({ outcome }) => outcome,
  code: ({ code }) => code,
  actor_kind: ({ actor }) => actor?.kind,
  actor: ({ actor }) => actor?.id,
  actor_roles: ({ actor }) => actor?.roles,
  session: ({ actor }) => actor?.session,
  client: ({ actor }) => actor?.client,
  sign_in_age: ({ actor }) => actor?.signInAge,
  factor_age: ({ actor }) => actor?.factorAge,
  subject: ({ subject }) => subject,
  purpose: ({ purpose }) => purpose,
  fields: ({ fields }) => fields,
  reason: ({ reason }) => reason?.code,
  reference: ({ reason }) => reason?.reference,
  count: ({ count }) => count,
  object: ({ object }) => object,
  request: ({ requestId }) => requestId,
  listener: ({ from }) => from?.listener,
  network: ({ from }) => from?.network,
  policy: ({ policy }) => policy,
  details: ({ details }) => details,
};

/** Entries as CSV (RFC 4180) with a line of headings: `position` and then the columns above. */
export const entryCsv: EntryFormat = {
  mediaType: 'text/csv; charset=utf-8',
  extension: 'csv',
  head: csvLines([['position', ...Object.keys(COLUMNS)]]),
  write: (entries) => csvLines(entries.map(record)),
};

function record({ position, entry }: StoredEntry): CsvValue[] {
  const parsed = parse(entry);
  return [position, ...Object.values(COLUMNS).map((valueIn) => (parsed ? cell(valueIn(parsed)) : null))];
}

function parse(bytes: Buffer): LooseEntry | null {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null ? (value as LooseEntry) : null;
  } catch {
    return null;
  }
}

function cell(value: unknown): CsvValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(String).join(' ');
  return JSON.stringify(value);
}
