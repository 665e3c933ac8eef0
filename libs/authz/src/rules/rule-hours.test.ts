import { describe, expect, it, vi } from 'vitest';
import { berlin, isOpen, READ, rule, support } from './rule-samples.fixture.js';
import { bookOf } from './rules.fixture.js';

describe('hours', () => {
  const open = (hours: ReturnType<typeof berlin>, at: string) =>
    isOpen([rule({ only: [hours] })], support, Date.parse(at));

  it.each([
    ['the first minute', berlin('08:00', '18:00'), '2026-06-03T06:00:00Z', true],
    ['the minute before', berlin('08:00', '18:00'), '2026-06-03T05:59:59.999Z', false],
    ['the last minute', berlin('08:00', '18:00'), '2026-06-03T15:59:59.999Z', true],
    ['the minute after', berlin('08:00', '18:00'), '2026-06-03T16:00:00Z', false],
    ['another day there than in Greenwich', berlin('00:00', '01:00', ['thu']), '2026-06-03T22:30:00Z', true],
    ['a day that isn’t named', berlin('08:00', '18:00', ['mon']), '2026-06-03T10:00:00Z', false],
    // 29 March 2026: at 02:00 it is 03:00.
    ['winter, just before the change', berlin('01:00', '02:00'), '2026-03-29T00:59:00Z', true],
    ['an hour that the change left out', berlin('02:00', '03:00'), '2026-03-29T01:00:00Z', false],
    ['summer, just after it', berlin('03:00', '04:00'), '2026-03-29T01:00:00Z', true],
    // 25 October 2026: at 03:00 it is 02:00 again.
    ['an hour for the first time', berlin('02:00', '03:00'), '2026-10-25T00:30:00Z', true],
    ['the same hour again', berlin('02:00', '03:00'), '2026-10-25T01:30:00Z', true],
    ['the hour after both', berlin('02:00', '03:00'), '2026-10-25T02:00:00Z', false],
  ])('%s', (_, hours, at, expected) => {
    expect(open(hours, at)).toBe(expected);
  });

  it('of one place are one place, however it is written', () => {
    const spelt = Array.from({ length: 64 }, (_, n) =>
      [...'indian/chagos']
        .map((char, at) => (at === 0 || at === 7 || (n >> (at % 6)) & 1 ? char.toUpperCase() : char))
        .join(''),
    );
    const rules = spelt.map((timeZone, n) =>
      rule({ id: `r${n}`, only: [{ hours: { ...berlin('00:00', '24:00').hours, timeZone } }] }),
    );
    let made = 0;
    const construct = (real: typeof Intl.DateTimeFormat, args: []) => {
      made++;
      return Reflect.construct(real, args);
    };
    vi.stubGlobal('Intl', { ...Intl, DateTimeFormat: new Proxy(Intl.DateTimeFormat, { construct }) });
    expect(isOpen(rules, support)).toBe(true);
    vi.unstubAllGlobals();
    // Once to see whether there is such a place, once for its clocks: as many as are kept.
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(2);
  });

  it('are looked at again each minute, whoever asked before', () => {
    const book = bookOf([rule({ only: [berlin('08:00', '18:00')] })]);
    const [last, after] = ['2026-06-03T15:59:59Z', '2026-06-03T16:00:00Z'].map((at) => Date.parse(at));
    expect([last, after, last].map((at) => book.admits(support, READ, () => at ?? 0))).toEqual([
      true,
      false,
      true,
    ]);
  });
});
