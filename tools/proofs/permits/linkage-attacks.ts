import type { TestApi } from '../../../apps/api/src/api.fixture.js';

/** What a dump says of one permit, in an order that somebody may hope tells who came when. */
export interface Seen {
  readonly purpose: string;
  readonly pseudonym: string;
}

/** Ways to put the permits of one purpose in an order. The dump has no more columns than these; ctid is where a row lies. */
const ORDERS: Readonly<Record<string, string>> = {
  'place of the gate': 'SELECT purpose, pseudonym FROM permit_gate ORDER BY ctid',
  'place of the event':
    'SELECT purpose, pseudonym FROM consent_event e JOIN permit_gate USING (gate_id) ORDER BY e.ctid',
  'place of the receipt':
    'SELECT purpose, pseudonym FROM consent_receipt r JOIN permit_gate USING (gate_id) ORDER BY r.ctid',
  'place of the first data': `
    SELECT 'ingest' AS purpose, pseudonym, min(ctid) AS place FROM reading_chunk GROUP BY 2
    UNION ALL SELECT 'recommendation', pseudonym, min(ctid) FROM preference_event GROUP BY 2 ORDER BY place`,
  'name of the gate': 'SELECT purpose, pseudonym FROM permit_gate ORDER BY gate_id',
  pseudonym: 'SELECT purpose, pseudonym FROM permit_gate ORDER BY pseudonym',
  commitment: 'SELECT purpose, pseudonym FROM permit_gate ORDER BY subject',
  'days, then chance':
    'SELECT purpose, pseudonym FROM permit_gate ORDER BY changed_on, ends_on, due_on, random()',
  'size of the receipt': `SELECT purpose, pseudonym FROM consent_receipt JOIN permit_gate USING (gate_id)
    ORDER BY length(sealed), random()`,
  'name of the data': `
    SELECT 'ingest' AS purpose, pseudonym, min(encode(chunk_id, 'hex')) AS id FROM reading_chunk GROUP BY 2
    UNION ALL SELECT 'recommendation', pseudonym, min(encode(event_id, 'hex')) FROM preference_event GROUP BY 2 ORDER BY id`,
};

/** Orders that only a copy of the server's files or a live connection has, and the audit log. */
const BEYOND_DUMP: Readonly<Record<string, string>> = {
  'transaction of the gate': 'SELECT purpose, pseudonym FROM permit_gate ORDER BY xmin::text::bigint',
};

/** Of all that it guesses, which part an attack would have right by chance. */
export const CHANCE = 0.05;

/**
 * Lays both purposes' permits side by side in each order: whoever stands at about the same place in both is taken for one person.
 * @param partnerOf whose ingest pseudonym goes with which of recommendation, as only this test knows
 * @returns for each order the part of people whose partner is among the nearest {@link CHANCE} of all
 */
export async function byOrder(
  api: TestApi,
  partnerOf: ReadonlyMap<string, string>,
  orders = { ...ORDERS, ...BEYOND_DUMP },
): Promise<Record<string, number>> {
  const hits: Record<string, number> = {};
  for (const [name, sql] of Object.entries(orders)) {
    const rows = await api.query<{ purpose: string; pseudonym: Buffer }>(sql);
    const of = (purpose: string) =>
      rows.filter((row) => row.purpose === purpose).map(({ pseudonym }) => pseudonym.toString('hex'));
    hits[name] = nearby(of('ingest'), of('recommendation'), partnerOf);
  }
  return hits;
}

function nearby(
  one: readonly string[],
  other: readonly string[],
  partnerOf: ReadonlyMap<string, string>,
): number {
  const places = new Map(other.map((pseudonym, at) => [pseudonym, at]));
  const reach = (CHANCE * other.length) / 2;
  const right = one.filter((pseudonym, at) => {
    const place = places.get(partnerOf.get(pseudonym) ?? '');
    return place !== undefined && Math.abs(place - at) <= reach;
  });
  return right.length / one.length;
}

/** Each table that knows a permit, by its gate or its pseudonym. */
const KNOWING = `
  SELECT DISTINCT ON (c.table_name) c.table_name AS "table", c.column_name AS "by" FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.column_name IN ('gate_id', 'pseudonym')
  ORDER BY c.table_name, c.column_name`;

/** What so many permits of a purpose have joins nobody. */
const A_CROWD = 3;

/**
 * Values of any column that stand in rows of two purposes: eight bytes and more at all, everything else where it picks out a few of
 * each. Days are left to the order by days: those of a few come of themselves about midnight.
 */
export async function shared(api: TestApi): Promise<string[]> {
  const holders = new Map<string, Map<string, Set<string>>>();
  for (const { table, by } of await api.query<{ table: string; by: string }>(KNOWING)) {
    const rows = await api.query<{ purpose: string; gate: string; row: Record<string, unknown> }>(
      `SELECT g.purpose, g.gate_id::text AS gate, to_jsonb(t) AS row FROM ${table} t JOIN permit_gate g USING (${by})`,
    );
    for (const { purpose, gate, row } of rows)
      for (const value of valuesOf(row)) {
        const of = holders.get(value) ?? holders.set(value, new Map()).get(value);
        of?.set(purpose, (of.get(purpose) ?? new Set()).add(gate));
      }
  }
  return [...holders].filter(([value, of]) => joins(value, [...of.values()])).map(([value]) => value);
}

function joins(value: string, permits: readonly ReadonlySet<string>[]): boolean {
  if (permits.length < 2) return false;
  return /^\\x[0-9a-f]{16}/.test(value) || permits.every(({ size }) => size < A_CROWD);
}

/** A text means the same in whichever column it stands, a number or a yes in its own. */
function valuesOf(row: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(row).flatMap(([column, value]) => {
    if (value === null) return [];
    if (typeof value !== 'string') return [`${column} ${JSON.stringify(value)}`];
    return /^\d{4}-\d{2}-\d{2}$/.test(value) ? [] : [value];
  });
}
