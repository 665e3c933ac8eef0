import type { Reading } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageOf, parseCursor } from './reading-page.js';

const T = 1_767_225_600_000;
/** Few different times, so that many readings share one. */
const readings = fc
  .array(fc.nat(12), { maxLength: 60 })
  .map((times) => times.sort((a, b) => a - b).map((time, at): Reading => [T + time, at]));

/** All pages, one after the other. */
function readAll(all: readonly Reading[], limit: number): Reading[] {
  const read: Reading[] = [];
  let cursor: string | undefined;
  for (;;) {
    const start = parseCursor(cursor);
    // As the service does: from the start's time on.
    const rest = all.filter(([time]) => time >= start.time);
    const page = pageOf(rest, start, limit);
    expect(page.readings.length).toBeLessThanOrEqual(limit);
    read.push(...page.readings);
    if (page.next === null) return read;
    expect(page.readings.length).toBeGreaterThan(0);
    cursor = page.next;
  }
}

describe('pages of readings', () => {
  it('hold every reading once and in order, whatever shares an instant', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 1, max: 20 }), (all, limit) => {
        expect(readAll(all, limit)).toEqual(all);
      }),
      { numRuns: 500 },
    );
  });

  it('repeat and skip nothing when earlier readings arrive between two of them', () => {
    const before: Reading[] = [
      [T + 5, 1],
      [T + 6, 2],
      [T + 6, 3],
      [T + 7, 4],
    ];
    const { readings: first, next } = pageOf(before, parseCursor(undefined), 2);
    const start = parseCursor(next ?? undefined);
    const late: Reading[] = [[T + 1, 9], ...before];
    const rest = late.filter(([time]) => time >= start.time);
    expect([...first, ...pageOf(rest, start, 10).readings]).toEqual(before);
  });

  it('end behind the last reading, also where it has gone meanwhile', () => {
    expect(pageOf([], parseCursor(`${T + 9}.1`), 10)).toEqual({ readings: [], next: null });
    expect(pageOf([], parseCursor(undefined), 10)).toEqual({ readings: [], next: null });
  });

  it.each(['', 'x', '1', '1.', '.1', '-1.1', '1.1.1', `${T}.1 `, `${'9'.repeat(16)}.1`])(
    'refuse the cursor %j',
    (cursor) => {
      expect(() => parseCursor(cursor)).toThrow('request.invalid');
    },
  );
});
