import { describe, expect, it } from 'vitest';
import { EntryLines } from './entry-lines.js';
import type { ReadFilter } from './read-arguments.js';

const at = (second: number) => `2026-01-15T12:00:${String(second).padStart(2, '0')}.000Z`;
const line = (position: number, entry: object | null) => JSON.stringify({ position, entry });
const reader = (filter: ReadFilter = {}) => new EntryLines('vault.example/audit', filter);

describe('a line of a stream', () => {
  it('keeps the bytes of its entry', () => {
    const text = '{ "v":1.0, "at":"2026-01-15T12:00:01.000Z", "é":"\u2028\\u0041" }';
    expect(reader().read(`{"position":7,"entry":${text}}`)).toEqual({
      log: 'vault.example/audit',
      position: 7,
      text,
      at: Date.parse(at(1)),
    });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"position":1,"entry":{"a":}}'],
    ['two entries', '{"position":1,"entry":{"a":1},"entry":{"b":1}}'],
    ['another form', '{"position":1, "entry":{"a":1}}'],
    ['a second spelling of a position', '{"position":01,"entry":{"a":1}}'],
    ['no position that a log can have', '{"position":9999999999999999,"entry":{"a":1}}'],
    ['a carriage return', '{"position":1,"entry":{"a":1}}\r'],
    ['a list', '{"position":1,"entry":[1]}'],
  ])('is refused with %s', (_, text) => {
    expect(() => reader().read(text)).toThrow(expect.objectContaining({ code: 'entry.line' }));
  });

  it('is refused where the stored bytes are no entry any more, with its position', () => {
    expect(() => reader().read(line(24, null))).toThrow(
      expect.objectContaining({ code: 'entry.absent', position: 24 }),
    );
  });
});

describe('the order of a stream', () => {
  const read = (...entries: [position: number, at: unknown][]) => {
    const lines = reader();
    return entries.map(([position, time]) => lines.read(line(position, { at: time })).at);
  };

  it('is that of time: positions may go back, where clocks differ', () => {
    expect(read([5, at(1)], [3, at(2)], [4, at(2)], [0, at(3)])).toEqual(
      [1, 2, 2, 3].map((s) => Date.parse(at(s))),
    );
  });

  it('holds an entry without a time behind the one before it', () => {
    expect(read([5, at(1)], [9, 'infinity'], [2, undefined], [6, at(1)])).toEqual(
      [1, 1, 1, 1].map(() => Date.parse(at(1))),
    );
    expect(read([0, null], [1, at(1)])).toEqual([Number.NEGATIVE_INFINITY, Date.parse(at(1))]);
  });

  it.each([
    [
      'an earlier time',
      [
        [1, at(2)],
        [2, at(1)],
      ],
    ],
    [
      'an earlier position at the same time',
      [
        [2, at(1)],
        [1, at(1)],
      ],
    ],
    [
      'the same entry twice',
      [
        [2, at(1)],
        [2, at(1)],
      ],
    ],
  ] as [string, [number, string][]][])('is not %s', (_, entries) => {
    expect(() => read(...entries)).toThrow(
      expect.objectContaining({ code: 'entry.order', position: entries[1]?.[0] }),
    );
  });
});

describe('what was asked for', () => {
  const entry = {
    at: at(10),
    action: 'people.reveal',
    outcome: 'refused',
    code: 'auth.forbidden',
    actor: { kind: 'client', id: 'brand-shop' },
    subject: '-AbC',
    purpose: 'delivery',
  };
  const reads =
    (filter: ReadFilter, one: object = entry) =>
    () =>
      reader(filter).read(line(3, one));

  it.each([
    ['nothing', {}],
    [
      'each text',
      {
        action: 'people.reveal',
        outcome: 'refused',
        code: 'auth.forbidden',
        actor: 'brand-shop',
        subject: '-AbC',
        purpose: 'delivery',
      },
    ],
    ['a day', { from: '2026-01-15', to: '2026-01-16' }],
    ['a moment', { from: at(10), to: '2026-01-15T13:00:10.001+01:00' }],
  ] as [string, ReadFilter][])('is what comes, with %s', (_, filter) => {
    expect(reads(filter)).not.toThrow();
  });

  it.each([
    [{ action: 'people.read' }],
    [{ outcome: 'done' }],
    [{ code: 'x' }],
    [{ actor: 'client' }],
    [{ subject: 'AbC' }],
    [{ purpose: 'support' }],
    [{ from: at(11) }],
    [{ to: at(10) }],
    [{ to: '2026-01-15' }],
  ] as [ReadFilter][])('is nothing else: %j', (filter) => {
    expect(reads(filter)).toThrow(expect.objectContaining({ code: 'entry.unasked', position: 3 }));
  });

  it('is not what says nothing of it', () => {
    expect(reads({ actor: 'brand-shop' }, { at: at(10) })).toThrow(/does not fit/);
  });
});
