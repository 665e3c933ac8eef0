import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../entry.js';
import {
  commitmentOf,
  indexFollower,
  integrateBytes,
  plainFilter,
  randomEntry,
  randomFilter,
  START,
} from './entry-query.fixture.js';
import { type EntryFilter, EntryQuery, IndexBehind, pageStatement } from './entry-query.js';
import { CursorInvalid, formatCursor, parseCursor } from './entry-query-cursor.js';
import { TestLog } from './log.fixture.js';

const COUNT = 110_000;
const random = seededRandom();
const entries: AuditEntry[] = Array.from({ length: COUNT }, () => randomEntry(random));
const expectedOf = plainFilter(entries);
let log: TestLog;
let query: EntryQuery;

beforeAll(async () => {
  log = await TestLog.open();
  query = new EntryQuery(log.unitOfWork);
  expect(await query.page({}, { limit: 10 })).toBeNull();
  await integrateBytes(
    log,
    entries.map((entry) => Buffer.from(JSON.stringify(entry))),
  );
  await indexFollower(log).catchUp();
  await log.superuser('ANALYZE audit_index; ANALYZE audit_entry');
}, 120_000);
afterAll(() => log.drop());

/** All pages of a filter. */
async function positions(filter: EntryFilter, limit: number): Promise<number[]> {
  const found: number[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await query.page(filter, { cursor, limit });
    if (!page) throw new Error('nothing is indexed');
    found.push(...page.entries.map(({ position }) => position));
    if (page.next === null) return found;
    cursor = page.next;
  }
}

describe('an entry query', () => {
  it(`finds, in order and once, just what a plain filter over all entries finds (seed ${random.seed})`, async () => {
    let found = 0;
    for (let n = 0; n < proofCount(15, 200); n++) {
      const filter = randomFilter(random);
      const expected = expectedOf(filter);
      expect(await positions(filter, 1 + Math.ceil(expected.length / 3)), JSON.stringify(filter)).toEqual(
        expected,
      );
      found += expected.length;
    }
    expect(found).toBeGreaterThan(1_000);
  }, 300_000);

  it('gives the bytes as they were stored', async () => {
    const page = await query.page({ subject: commitmentOf(7) }, { limit: 5 });
    for (const { position, entry } of page?.entries ?? []) {
      expect(entry.toString('utf8')).toBe(JSON.stringify(entries[position]));
    }
    expect(page?.entries.length).toBeGreaterThan(0);
  });

  it('streams all of it', async () => {
    const filter = { action: 'people.read' };
    const streamed: number[] = [];
    for await (const run of query.all(filter, COUNT)) streamed.push(...run.map(({ position }) => position));
    expect(streamed).toEqual(expectedOf(filter));
    expect(streamed.length).toBeGreaterThan(10_000);
  });
});

describe('pages', () => {
  const filter = { action: 'people.search' };
  const one = (at: string) =>
    Buffer.from(JSON.stringify({ ...entries[0], action: filter.action, at, outcome: 'done' }));

  it('go on over the log as the first one saw it while it grows', async () => {
    const first = await query.page(filter, { limit: 100 });
    const { size, next } = first ?? {};
    expect(size).toBe(COUNT);
    await integrateBytes(log, [one(new Date(START - 1_000).toISOString()), one('2027-01-01T00:00:00.000Z')]);
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    await indexFollower(log).catchUp();
    const rest: number[] = [];
    for (let cursor = next; cursor; ) {
      const page = await query.page(filter, { cursor, limit: 1_000 });
      expect(page?.size).toBe(COUNT);
      rest.push(...(page?.entries ?? []).map(({ position }) => position));
      cursor = page?.next;
    }
    expect(rest).toEqual(expectedOf(filter).slice(100));
    const anew = await query.page(filter, { limit: 1 });
    expect(anew).toMatchObject({ size: COUNT + 2, entries: [{ position: COUNT }] });
  });

  it('end with the checkpoint up to which all is indexed', async () => {
    await integrateBytes(log, [one('2027-01-01T00:00:01.000Z')]);
    const size = COUNT + 2;
    expect((await query.covered())?.size).toBe(size);
    expect((await query.page({ from: new Date('2027-01-01') }, { limit: 10 }))?.entries).toHaveLength(1);
    // Signed but not indexed again yet is another answer than never signed.
    const later = (of: number) =>
      query.page({}, { cursor: formatCursor({ size: of, at: 0, position: 0 }), limit: 1 });
    await expect(later(size + 1)).rejects.toThrow(IndexBehind);
    await expect(later(size + 2)).rejects.toThrow(CursorInvalid);
  });
});

describe('a cursor', () => {
  it('comes back as it was', () => {
    const cursor = { size: 2 ** 53 - 1, at: 1_768_478_400_123, position: 2 ** 40 };
    expect(parseCursor(formatCursor(cursor))).toEqual(cursor);
  });

  it('is nothing that was not written so', () => {
    const raw = (...numbers: bigint[]) => {
      const bytes = Buffer.alloc(24);
      for (const [n, number] of numbers.entries()) bytes.writeBigUInt64BE(number, n * 8);
      return bytes.toString('base64url');
    };
    const wrong = ['', 'A', 'A'.repeat(31), 'A'.repeat(33), `${'A'.repeat(31)}+`, 'é'.repeat(16)];
    const numbers = [
      raw(0n, 0n, 0n),
      raw(5n, 0n, 5n),
      raw(2n ** 53n, 0n, 0n),
      raw(9n, 2n ** 60n, 0n),
      raw(9n, 0n, 2n ** 63n),
    ];
    for (const text of [...wrong, ...numbers]) expect(() => parseCursor(text), text).toThrow(CursorInvalid);
  });
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly Plan[];
}

async function planOf(filter: EntryFilter, after?: Parameters<typeof pageStatement>[2]): Promise<Plan[]> {
  const { text, values } = pageStatement(filter, COUNT, after, 101);
  const [row] = await log.unitOfWork.single((tx) =>
    tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${text}`, values),
  );
  const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
  return row ? flat(row['QUERY PLAN'][0].Plan) : [];
}

/** Few rows, found by the bits of one index or two, may be sorted; a hundredth of the log may not. */
const MOST_SORTED = COUNT / 100;
const BY_INDEX = /^(Index Scan|Index Only Scan|Bitmap Heap Scan)$/;

function faultsOf(nodes: readonly Plan[]): string[] {
  return nodes.flatMap((node) => {
    const { 'Node Type': kind, 'Relation Name': table, 'Plan Rows': rows } = node;
    if (table && !BY_INDEX.test(kind)) return [`${kind} of ${table}`];
    return /Sort/.test(kind) && rows > MOST_SORTED ? [`${kind} of ${rows} rows`] : [];
  });
}

describe('PostgreSQL answers by index, without reading or sorting the whole,', () => {
  const day = { from: new Date(START + 86_400_000), to: new Date(START + 2 * 86_400_000) };
  const single: Record<string, EntryFilter> = {
    nothing: {},
    from: { from: day.from },
    to: { to: day.to },
    actor: { actor: 'actor-7' },
    action: { action: 'people.reveal' },
    subject: { subject: commitmentOf(7) },
    purpose: { purpose: 'support' },
    done: { outcome: 'done' },
    refused: { outcome: 'refused' },
    code: { code: 'auth.forbidden' },
    'an action nobody did': { action: 'people.never' },
    'an actor who was never there': { actor: 'nobody' },
  };
  const pairs: Record<string, EntryFilter> = {
    'a day': day,
    'action and day': { action: 'people.reveal', ...day },
    'actor and day': { actor: 'actor-7', ...day },
    'purpose and day': { purpose: 'support', ...day },
    'refusals of a day': { outcome: 'refused', ...day },
    'actor and action': { actor: 'actor-7', action: 'people.reveal' },
    'subject and action': { subject: commitmentOf(7), action: 'people.reveal' },
    'actor and subject': { actor: 'actor-7', subject: commitmentOf(7) },
    'action and outcome': { action: 'people.reveal', outcome: 'refused' },
    'action and purpose': { action: 'people.reveal', purpose: 'support' },
    'actor and outcome': { actor: 'actor-7', outcome: 'refused' },
    'code and action': { code: 'auth.forbidden', action: 'people.read' },
    'all of it': {
      ...day,
      actor: 'actor-7',
      action: 'people.reveal',
      subject: commitmentOf(7),
      purpose: 'support',
      outcome: 'done',
    },
  };
  const cases = Object.entries({ ...single, ...pairs });

  it.each(cases)('%s', async (name, filter) => {
    for (const after of [undefined, { size: COUNT, at: START + 15 * 86_400_000, position: 17 }]) {
      const nodes = await planOf(filter, after);
      expect(nodes.flatMap((node) => node['Relation Name'] ?? []).sort(), name).toEqual([
        'audit_entry',
        'audit_index',
      ]);
      expect(faultsOf(nodes), name).toEqual([]);
    }
  });

  it.each(['action', 'actor', 'subject', 'purpose', 'code'] as const)(
    'by the index that is there for it: %s',
    async (name) => {
      const indexes = (await planOf(single[name] ?? {})).flatMap((node) => node['Index Name'] ?? []);
      expect(indexes).toContain(`audit_index_${name}`);
    },
  );

  it('and where many rows fit, by its order: without any sorting', async () => {
    for (const name of ['nothing', 'from', 'to', 'action', 'purpose', 'done', 'refused', 'code']) {
      const kinds = (await planOf(single[name] ?? {})).map((node) => node['Node Type']);
      expect(kinds.join(), name).not.toMatch(/Sort|Bitmap/);
    }
  });
});
