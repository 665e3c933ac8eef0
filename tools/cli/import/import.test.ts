import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RowRefusal } from '../rows/refused.js';
import type { Row } from '../rows/row.js';
import { readTokenWish } from '../token-wish.js';
import { chunksOf } from './chunks.js';
import { PeopleTarget } from './people-target.js';
import { chunkKey, type ImportState, importId, isForgotten } from './state.js';
import { TokenTarget } from './token-target.js';

const row = (cells: Readonly<Record<string, unknown>>, line = 2): Row => ({
  line,
  end: { bytes: line * 10, line: line + 1 },
  cells: new Map(Object.entries(cells)),
});
const people = (map: Readonly<Record<string, string>>, drop: string[] = []) =>
  new PeopleTarget({ map: new Map(Object.entries(map)), personColumn: 'person', drop });
const tokens = (columns: Readonly<Record<string, string>>) =>
  new TokenTarget({
    wishes: new Map(Object.entries(columns).map(([name, wish]) => [name, readTokenWish(wish, name)])),
    drop: [],
  });

describe('a row becomes a person', () => {
  const target = people({
    email: 'Mail',
    'account.subject': 'Login',
    region: 'Land',
    'postal_address.line1': 'Street',
    'postal_address.line2': 'More',
    'postal_address.locality': 'Town',
    'postal_address.country': 'Land',
  });

  it('by its columns, without those that are empty', () => {
    const prepared = target.prepare(
      row({ Mail: 'a@b.c', Login: 7, Land: 'GB', Street: 'x', More: '', Town: 'y' }),
    );
    expect(prepared).toEqual({
      entries: [
        JSON.stringify({
          fields: { email: 'a@b.c', postal_address: { lines: ['x'], locality: 'y', country: 'GB' } },
          account: { subject: '7' },
          region: 'GB',
        }),
      ],
    });
  });

  it('or is not sent: without a value, with one that is no text, and where one is too long', () => {
    const refused = (cells: Readonly<Record<string, unknown>>) => target.prepare(row(cells));
    expect(refused({ Mail: '', Note: 'x' })).toEqual(new RowRefusal('row.empty'));
    for (const cell of [1.5, 2 ** 60, true, ['a'], { code: 'x', fields: [] }]) {
      expect(refused({ Mail: cell })).toEqual(new RowRefusal('row.not_text', ['Mail']));
    }
    expect(refused({ Mail: 'x'.repeat(1 << 20) })).toMatchObject({ code: 'row.too_long' });
  });

  it('of which the caller keeps the rest', () => {
    expect(target.keptColumns(['No', 'Mail', 'Land', 'refused_line'])).toEqual(['person', 'No']);
    const { kept } = target.settle(row({ No: '1', Mail: 'a@b.c' }), [{ person: 'cps_x' }]);
    expect(kept).toEqual(
      new Map([
        ['person', 'cps_x'],
        ['No', '1'],
      ]),
    );
    const none = target.settle(row({}), [{ code: 'request.invalid', fields: ['fields.email'] }]);
    expect(none.kept).toEqual(new RowRefusal('request.invalid', ['fields.email']));
  });

  it('with a whole address only where it is one', () => {
    const whole = people({ postal_address: 'adr' });
    const address = { code: 'a name that an address may have', lines: ['x'] };
    expect(whole.prepare(row({ adr: address }))).toEqual({
      entries: [JSON.stringify({ fields: { postal_address: address } })],
    });
    expect(whole.prepare(row({ adr: 'text' }))).toMatchObject({ code: 'row.not_address' });
  });

  it.each([
    [{}, 'say which columns'],
    [{ shoe: 'a' }, '“shoe” is no field of people'],
    [{ postal_address: 'a', 'postal_address.country': 'b' }, 'whole or by its parts'],
  ])('not by the mapping %j', (map, why) => {
    expect(() => people(map as Record<string, string>)).toThrow(why);
    expect(() => people({ email: 'a' }).keptColumns(['a', 'person'])).toThrow('--person-column');
  });
});

describe('values become tokens', () => {
  it('each in its place, and none of a row of which one is refused', () => {
    const target = tokens({ a: 'field:email', b: 'field:phone,type:deterministic,domain:orders' });
    const cells = row({ a: 'x', b: 'y', c: 'z' });
    expect(target.prepare(cells)).toEqual({
      entries: [
        '{"field":"email","value":"x","type":"random"}',
        '{"field":"phone","value":"y","type":"deterministic","domain":"orders"}',
      ],
    });
    expect(target.settle(cells, [{ token: 't1' }, { token: 't2' }]).kept).toEqual(
      new Map([
        ['a', 't1'],
        ['b', 't2'],
        ['c', 'z'],
      ]),
    );
    expect(target.settle(cells, [{ token: 't1' }, { code: 'catalogue.value_unfit' }])).toEqual({
      kept: new RowRefusal('catalogue.value_unfit', ['b']),
      orphans: ['t1'],
    });
    // A deterministic one may be another row's, too.
    expect(target.settle(cells, [{ code: 'catalogue.value_unfit' }, { token: 't2' }]).orphans).toEqual([]);
  });

  it('and a row without any is kept as it is', () => {
    const target = tokens({ a: 'field:email' });
    expect(target.prepare(row({ a: '', b: '1' }))).toEqual({ entries: [] });
    expect(target.settle(row({ a: '', b: '1' }), []).kept).toEqual(
      new Map([
        ['a', ''],
        ['b', '1'],
      ]),
    );
  });

  it.each([
    'email',
    'field:',
    'field:E-Mail',
    'field:email,type:none',
    'field:email,colour:red',
    'field:email,domain:X',
  ])('not by %s', (wish) => expect(() => readTokenWish(wish, 'a')).toThrow('column “a”'));
});

describe('chunks', () => {
  const target = (entries: number, bytes: number) => ({
    most: { entries, bytes },
    prepare: ({ cells }: Row) => {
      const list = cells.get('e') as string[] | undefined;
      return list ? { entries: list } : new RowRefusal('row.empty');
    },
  });
  async function chunks(lists: (string[] | undefined)[], entries: number, bytes = 1_000, skip = 0) {
    const rows = lists.map((e, at) => row(e ? { e } : {}, at + 1)).slice(skip);
    const found: number[] = [];
    for await (const chunk of chunksOf(Readable.from(rows) as AsyncIterable<Row>, target(entries, bytes))) {
      found.push(chunk.end.line - 1);
    }
    return found;
  }
  const ones = Array.from({ length: 7 }, () => ['x']);

  it('end by entries, by bytes, and by rows that send nothing', async () => {
    expect(await chunks(ones, 3)).toEqual([3, 6, 7]);
    expect(
      await chunks(
        ones.map(() => ['x', 'y']),
        3,
      ),
    ).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await chunks(ones, 100, 4)).toEqual([2, 4, 6, 7]);
    expect(await chunks([...ones.slice(0, 2), undefined, undefined, ['x']], 3)).toEqual([3, 5]);
    // One alone that is more than a chunk is a chunk.
    expect(await chunks([['x'.repeat(50)], ['y']], 3, 10)).toEqual([1, 2]);
  });

  it('are the same ones again behind any of them', async () => {
    const lists = Array.from({ length: 40 }, (_, n) =>
      n % 7 === 3 ? undefined : Array.from({ length: n % 4 }, () => 'x'.repeat(n % 9)),
    );
    const whole = await chunks(lists, 6, 40);
    for (const [at, end] of whole.entries())
      expect(await chunks(lists, 6, 40, end)).toEqual(whole.slice(at + 1));
  });
});

describe('the state', () => {
  it('names another import for another file, mapping, vault or client, and another key for another chunk', () => {
    const ids = [importId('a', 'b'), importId('a', 'c'), importId('ab', ''), importId('a', 'b', '')];
    expect(new Set(ids).size).toBe(4);
    const key = (id: string, run: string | null, chunk: number) => chunkKey({ import: id, run, chunk });
    const keys = [
      key('a', 'r', 1),
      key('a', 'r', 11),
      key('a1', 'r', 1),
      key('a', 'r1', 1),
      key('a', null, 1),
    ];
    expect(new Set(keys).size).toBe(5);
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(key('a', 'r', 1)).toBe(keys[0]);
  });

  it('is too old where a chunk was under way longer than the vault remembers it', () => {
    const state = (sending: string | null) => ({ sending }) as ImportState;
    const now = new Date('2026-01-02T12:00:00Z');
    expect(isForgotten(state('2026-01-01T14:00:00Z'), now)).toBe(false);
    expect(isForgotten(state('2026-01-01T12:30:00Z'), now)).toBe(true);
    expect(isForgotten(state(null), now)).toBe(false);
  });
});
