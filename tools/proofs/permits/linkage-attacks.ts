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

/** Values of eight bytes and more that stand in rows of both purposes. */
export async function shared(api: TestApi): Promise<string[]> {
  const values = async (sql: string) =>
    new Set(
      (await api.query<Record<string, unknown>>(sql)).flatMap((row) =>
        Object.values(row).flatMap((value) =>
          Buffer.isBuffer(value) && value.length >= 8 ? [value.toString('hex')] : [],
        ),
      ),
    );
  const everything = (purpose: string, data: string) => `
    SELECT g.gate_id, g.pseudonym, g.subject, e.notice, r.sealed AS receipt, d.* FROM permit_gate g
    LEFT JOIN consent_event e USING (gate_id) LEFT JOIN consent_receipt r USING (gate_id)
    LEFT JOIN ${data} d ON d.pseudonym = g.pseudonym WHERE g.purpose = '${purpose}'`;
  const ingest = await values(everything('ingest', 'reading_chunk'));
  const recommendation = await values(everything('recommendation', 'preference_event'));
  return [...ingest].filter((value) => recommendation.has(value));
}
