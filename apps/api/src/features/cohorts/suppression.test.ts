import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from './bounds.js';
import { type Circulation, oneWay, twoWay } from './circulation.js';
import { suppressed } from './suppression.js';

const MINIMUM = 5;

/** Every way to fill in what is hidden, found by trying: nothing of flows in it. */
function* fillings(table: Circulation, hidden: readonly number[]): Generator<number[]> {
  const total = table.entries.at(-1)?.count ?? 0;
  const counts = table.entries.map(({ count }, entry) => (hidden.includes(entry) ? -1 : count));
  function* fill(at: number): Generator<number[]> {
    const entry = hidden[at];
    if (entry === undefined) {
      if (adds(table, counts)) yield counts;
      return;
    }
    for (let count = 0; count <= total; count++) {
      counts[entry] = count;
      if (mayAdd(table, counts)) yield* fill(at + 1);
    }
    counts[entry] = -1;
  }
  yield* fill(0);
}

function adds(table: Circulation, counts: readonly number[]): boolean {
  return balances(table, counts).every(({ inflow, outflow }) => inflow === outflow);
}

/** Whether the nodes all of whose numbers are filled in add up. */
function mayAdd(table: Circulation, counts: readonly number[]): boolean {
  return balances(table, counts).every(({ inflow, outflow, open }) => open || inflow === outflow);
}

function balances({ nodes, entries }: Circulation, counts: readonly number[]) {
  const sums = Array.from({ length: nodes }, () => ({ inflow: 0, outflow: 0, open: false }));
  entries.forEach(({ from, to }, entry) => {
    const count = counts[entry] as number;
    const [source, target] = [sums[from], sums[to]] as [(typeof sums)[0], (typeof sums)[0]];
    if (count < 0) source.open = target.open = true;
    else {
      source.outflow += count;
      target.inflow += count;
    }
  });
  return sums;
}

function triedBounds(table: Circulation, hidden: readonly number[]): Map<number, [number, number]> {
  const found = new Map<number, [number, number]>();
  for (const counts of fillings(table, hidden)) {
    for (const entry of hidden) {
      const count = counts[entry] as number;
      const [least, most] = found.get(entry) ?? [count, count];
      found.set(entry, [Math.min(least, count), Math.max(most, count)]);
    }
  }
  return found;
}

const smallOf = (table: Circulation) =>
  table.entries.flatMap(({ count }, entry) =>
    count < MINIMUM && entry < table.entries.length - 1 ? [entry] : [],
  );
const rows = (most: number, height: number, width: number) =>
  fc.array(fc.array(fc.nat(most), { minLength: width, maxLength: width }), {
    minLength: height,
    maxLength: height,
  });
const tables = (most: number) =>
  fc.oneof(
    fc.array(fc.nat(most), { minLength: 2, maxLength: 4 }).map(oneWay),
    rows(most, 2, 2).map(twoWay),
    rows(most, 2, 3).map(twoWay),
  );
const totalOf = (table: Circulation) => table.entries.at(-1)?.count ?? 0;

describe('what a reader can work out', () => {
  it('is what trying every table finds', () => {
    const cases = tables(3).chain((table) =>
      fc.tuple(
        fc.constant(table),
        fc.uniqueArray(fc.nat(table.entries.length - 2), { minLength: 1, maxLength: 6 }),
      ),
    );
    fc.assert(
      fc.property(cases, ([table, hidden]) => {
        const tried = triedBounds(table, hidden);
        for (const entry of hidden) {
          const { least, most } = boundsOf(table, new Set(hidden), entry);
          expect([entry, least, most]).toEqual([entry, ...(tried.get(entry) ?? [])]);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('suppression', () => {
  it('hides every small number, never the total, and leaves each hidden one as uncertain as asked', () => {
    const cases = fc.oneof(tables(12), rows(30, 5, 5).map(twoWay), rows(8, 3, 4).map(twoWay));
    fc.assert(
      fc.property(cases, (table) => {
        fc.pre(totalOf(table) >= MINIMUM);
        const small = smallOf(table);
        const hidden = suppressed(table, small, MINIMUM);
        expect(small.every((entry) => hidden.has(entry))).toBe(true);
        expect(hidden.has(table.entries.length - 1)).toBe(false);
        for (const entry of hidden) {
          const { least, most } = boundsOf(table, hidden, entry);
          expect(most - least).toBeGreaterThanOrEqual(MINIMUM);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('does so by trying every table, too', () => {
    fc.assert(
      fc.property(
        fc.oneof(rows(6, 2, 2).map(twoWay), fc.array(fc.nat(8), { minLength: 2, maxLength: 3 }).map(oneWay)),
        (table) => {
          fc.pre(totalOf(table) >= MINIMUM && totalOf(table) <= 16);
          const hidden = [...suppressed(table, smallOf(table), MINIMUM)];
          for (const [least, most] of triedBounds(table, hidden).values()) {
            expect(most - least).toBeGreaterThanOrEqual(MINIMUM);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('hides nothing where nothing is small', () => {
    expect(
      suppressed(
        twoWay([
          [10, 20],
          [30, 40],
        ]),
        [],
        10,
      ),
    ).toEqual(new Set());
  });

  it('hides a second part of a whole: one alone is what is missing of it', () => {
    expect(suppressed(oneWay([3, 15, 40]), [0], 10)).toEqual(new Set([0, 1]));
  });

  // As in the handbooks: a cell by itself is its row’s total less the others, so four go, two in each row and column.
  it('hides a rectangle around a cell', () => {
    const table = twoWay([
      [20, 50, 10],
      [8, 19, 22],
      [17, 32, 12],
    ]);
    const hidden = suppressed(table, [3], 10);
    expect(hidden.size).toBe(4);
    expect([...hidden].every((entry) => entry < 9)).toBe(true);
    const inRow = (row: number) => [...hidden].filter((entry) => Math.floor(entry / 3) === row).length;
    const inColumn = (column: number) => [...hidden].filter((entry) => entry % 3 === column).length;
    expect([0, 1, 2].map(inRow).sort()).toEqual([0, 2, 2]);
    expect([0, 1, 2].map(inColumn).sort()).toEqual([0, 2, 2]);
  });

  // Two zeros beside two small ones: the pattern looks safe, and the zeros let nothing be any less.
  it('does not take a rectangle that can’t move for one that hides', () => {
    const table = twoWay([
      [2, 0, 30],
      [0, 3, 30],
      [30, 30, 30],
    ]);
    const hidden = suppressed(table, [0, 1, 3, 4], 10);
    for (const entry of hidden) {
      const { least, most } = boundsOf(table, hidden, entry);
      expect(most - least).toBeGreaterThanOrEqual(10);
    }
  });
});
