import type { CsvValue } from './csv-lines.js';

interface LooseEntry {
  readonly [name: string]: unknown;
  readonly actor?: Readonly<Record<string, unknown>>;
  readonly reason?: Readonly<Record<string, unknown>>;
  readonly from?: Readonly<Record<string, unknown>>;
}

/**
 * The columns that entries have in CSV, each with where in the entry it comes from. Lists are separated by spaces (names have
 * none); `details`, which differ by action, are JSON.
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
  guardian: ({ actor }) => actor?.guardian,
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

/** Headings of {@link entryCells}. */
export const ENTRY_COLUMNS: readonly string[] = Object.keys(COLUMNS);

/**
 * What an entry says, a cell for each column.
 * @param text the stored bytes as text. A cell is empty where the entry says nothing, and all are where it is no JSON: somebody may
 * have destroyed it
 */
export function entryCells(text: string): CsvValue[] {
  const entry = parse(text);
  return Object.values(COLUMNS).map((valueIn) => (entry ? cell(valueIn(entry)) : null));
}

function parse(text: string): LooseEntry | null {
  try {
    const value = JSON.parse(text) as unknown;
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
