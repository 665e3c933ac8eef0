import { COHORT_VALUES, cohortFacts } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellOf, disclose, type Question } from './cohort-table.js';
import { BASE, Draws } from './draws.js';

const DAY = '2026-03-01';
const draws = new Draws(Buffer.alloc(32, 7), 10);
const dryWithAcne = cohortFacts.parse({
  skinType: 'dry',
  concerns: ['acne', 'acne'],
  productsUsed: 4,
  routineSteps: 99,
  interactions: 0,
});
const BY_TYPE: Question = { by: ['skinType'], where: {} };
const BY_TWO: Question = { by: ['skinType', 'acne'], where: {} };
const countsOf = (question: Question, counts: readonly number[]) => {
  const [first, second] = question.by.map((dimension) => COHORT_VALUES[dimension]);
  const cells = (first ?? []).flatMap((a) => (second ? second.map((b) => `${a} ${b}`) : [a]));
  return new Map(cells.map((cell, at) => [cell, counts[at] ?? 0]));
};

describe('what somebody is counted by', () => {
  it('is as coarse as the bands, whatever was sent', () => {
    expect(dryWithAcne).toEqual({
      skinType: 'dry',
      concerns: ['acne'],
      productsUsed: 3,
      routineSteps: 8,
      interactions: 0,
    });
  });

  it('puts them in one cell of a question, or in none', () => {
    expect(cellOf(BY_TWO, dryWithAcne)).toBe('dry yes');
    expect(cellOf({ by: ['productsUsed', 'redness'], where: { acne: 'yes' } }, dryWithAcne)).toBe('3 no');
    expect(cellOf({ by: ['productsUsed'], where: { acne: 'no' } }, dryWithAcne)).toBeNull();
  });
});

describe('what is told', () => {
  const counts = fc.array(fc.nat(60), { minLength: 10, maxLength: 10 });

  it('is a multiple of the base near the count, or nothing, and never a number under the minimum', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(BY_TYPE, BY_TWO), (some, question) => {
        const given = countsOf(question, some);
        const disclosed = disclose(question, given, draws, DAY);
        for (const { cell, people } of disclosed?.numbers ?? []) {
          if (people === null) continue;
          const parts = Object.values(cell);
          const fitting = [...given].filter(([name]) =>
            parts.every((part) => name.split(' ').includes(part)),
          );
          const count = fitting.reduce((sum, [, one]) => sum + one, 0);
          expect(count).toBeGreaterThanOrEqual(10);
          expect(people % BASE).toBe(0);
          expect(Math.abs(people - count)).toBeLessThan(BASE);
        }
      }),
    );
  });

  it('is nothing where they are too few altogether', () => {
    expect(disclose(BY_TYPE, countsOf(BY_TYPE, [2, 2, 2, 2, 1]), draws, DAY)).toBeNull();
    expect(disclose(BY_TYPE, new Map(), draws, DAY)).toBeNull();
    expect(disclose(BY_TYPE, countsOf(BY_TYPE, [14, 0, 0, 0, 0]), draws, DAY)).not.toBeNull();
  });

  it('leaves out nobody’s cell as it does a small one: that all have acne is told of nobody', () => {
    const numbers = disclose(
      BY_TWO,
      countsOf(BY_TWO, [40, 0, 40, 40, 40, 40, 40, 40, 40, 40]),
      draws,
      DAY,
    )?.numbers;
    expect(numbers?.slice(0, 2).map(({ people }) => people)).toEqual([null, null]);
  });
});

describe('a draw', () => {
  const of = (day: string, cell: object, secret = 7) => {
    const { least, rounded } = new Draws(Buffer.alloc(32, secret), 10).of(day, cell);
    return [least, ...[20, 21, 22, 23, 24, 25].map(rounded)].join();
  };
  const days = Array.from({ length: 40 }, (_, day) => `2026-03-${day}`);

  it('is the same for the same people on the same day, by whichever table, or asking again shows the mean', () => {
    expect(of(DAY, { skinType: 'dry', acne: 'yes' })).toBe(of(DAY, { acne: 'yes', skinType: 'dry' }));
  });

  it('differs by day, by whom it is about and by installation', () => {
    expect(new Set(days.map((day) => of(day, { acne: 'yes' }))).size).toBeGreaterThan(10);
    expect(days.map((day) => of(day, { acne: 'yes' }))).not.toEqual(
      days.map((day) => of(day, { acne: 'no' })),
    );
    expect(days.map((day) => of(day, {}))).not.toEqual(days.map((day) => of(day, {}, 8)));
  });

  it('changes a number overnight as often where nobody left as where somebody did', () => {
    const one = { acne: 'yes' } as const;
    const changed = (today: number, tomorrow: number) =>
      Array.from({ length: 2_000 }, (_, day) => {
        const before = draws.of(`day ${day}`, one).rounded(today);
        return draws.of(`day ${day + 1}`, one).rounded(tomorrow) !== before;
      }).filter(Boolean).length / 2_000;
    expect(changed(23, 23)).toBeCloseTo(0.48, 1);
    expect(changed(23, 22)).toBeCloseTo(0.52, 1);
  });

  it('keeps counts right on average, and multiples of the base as they are', () => {
    const many = Array.from({ length: 5_000 }, (_, day) => draws.of(`day ${day}`, {}).rounded(22));
    expect(new Set(many)).toEqual(new Set([20, 25]));
    expect(many.reduce((sum, one) => sum + one) / many.length).toBeCloseTo(22, 0);
    expect(draws.of(DAY, {}).rounded(25)).toBe(25);
  });

  it('asks for the minimum at least, and for up to four more', () => {
    const least = new Set(Array.from({ length: 500 }, (_, day) => draws.of(`day ${day}`, {}).least));
    expect([...least].sort()).toEqual([10, 11, 12, 13, 14]);
  });
});
