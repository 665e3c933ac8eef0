// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction
import { INTERACTIONS } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EaseModel, NotInModelError } from './ease.js';
import { GramMatrix } from './gram.js';
import { binaryHistory, type History, historyOf } from './history.js';

const ITEMS = 24;

const history = fc
  .array(fc.tuple(fc.nat(ITEMS - 1), fc.constantFrom(...INTERACTIONS)), { minLength: 1, maxLength: 30 })
  .map(historyOf);
const people = fc.array(history, { minLength: 2, maxLength: 25 });
const lambda = fc.double({ min: 0.5, max: 1000, noNaN: true });

function gramOf(histories: readonly History[]): GramMatrix {
  const gram = new GramMatrix(ITEMS);
  for (const each of histories) gram.add(each);
  return gram;
}

/** Largest difference, relative to the largest value. */
function distance(actual: Float64Array, expected: Float64Array): number {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[at]!)), 0) / scale;
}

function expectSame(actual: EaseModel, expected: EaseModel): void {
  expect(distance(actual.inverse, expected.inverse)).toBeLessThan(1e-9);
  expect(actual.popularity).toEqual(expected.popularity);
  expect(actual.people).toBe(expected.people);
}

describe('the Gram matrix', () => {
  it('without a person is bit for bit the one that never saw them', () => {
    fc.assert(
      fc.property(people, fc.nat(), (everybody, pick) => {
        const leaver = everybody[pick % everybody.length]!;
        const gram = gramOf(everybody);
        gram.remove(leaver);
        const others = everybody.toSpliced(everybody.indexOf(leaver), 1);
        expect(gram.values).toEqual(gramOf(others).values);
      }),
    );
  });

  it('does not depend on the order in which people came', () => {
    fc.assert(
      fc.property(people, (everybody) => {
        expect(gramOf(everybody.toReversed()).values).toEqual(gramOf(everybody).values);
      }),
    );
  });

  it('holds nobody it can give back when empty', () => {
    expect(() => new GramMatrix(ITEMS).remove(binaryHistory([1]))).toThrow(RangeError);
  });
});

describe('the model', () => {
  it('has the weights that the closed form of the paper gives', () => {
    const gram = new GramMatrix(2);
    gram.add(binaryHistory([0, 1]));
    gram.add(binaryHistory([0]));
    // G + I = [[3, 1], [1, 2]], P = 1/5 · [[2, −1], [−1, 3]], B_01 = −P_01 / P_11 = 1/3, B_10 = −P_10 / P_00 = 1/2.
    const model = EaseModel.train(gram, 1);
    expect(model.influence(0, 1)).toBeCloseTo(1 / 3, 14);
    expect(model.influence(1, 0)).toBeCloseTo(1 / 2, 14);
    expect(model.influence(0, 0)).toBe(0);
  });

  it('scores an item by the others of the history, never by itself', () => {
    fc.assert(
      fc.property(people, history, lambda, (everybody, mine, strength) => {
        const model = EaseModel.train(gramOf(everybody), strength);
        const scores = model.score(mine);
        for (let j = 0; j < ITEMS; j++) {
          let expected = 0;
          mine.items.forEach((item, at) => {
            expected += mine.weights[at]! * model.influence(item, j);
          });
          expect(scores[j]).toBeCloseTo(expected, 10);
        }
      }),
    );
  });

  it('minimises the loss of the paper: no other weight for a pair does better', () => {
    const histories = [
      binaryHistory([0, 1, 2]),
      binaryHistory([0, 1]),
      binaryHistory([1, 3]),
      binaryHistory([2, 3]),
    ];
    const model = EaseModel.train(gramOf(histories), 0.7);
    const loss = (from: number, to: number, change: number) => {
      let sum = 0;
      for (let j = 0; j < ITEMS; j++) {
        const column = Float64Array.from({ length: ITEMS }, (_, i) => model.influence(i, j));
        if (j === to) column[from]! += change;
        for (const { items } of histories) {
          const predicted = items.reduce((total, item) => total + column[item]!, 0);
          sum += ((items.includes(j) ? 1 : 0) - predicted) ** 2;
        }
        for (const weight of column) sum += 0.7 * weight ** 2;
      }
      return sum;
    };
    for (const change of [-0.01, 0.01]) expect(loss(0, 1, change)).toBeGreaterThan(loss(0, 1, 0));
  });

  it('that learned a person equals the one trained with them', () => {
    fc.assert(
      fc.property(people, lambda, (everybody, strength) => {
        const model = EaseModel.train(gramOf(everybody.slice(1)), strength);
        model.learn(everybody[0]!);
        expectSame(model, EaseModel.train(gramOf(everybody), strength));
      }),
    );
  });

  it('that forgot a person equals the one trained without them', () => {
    fc.assert(
      fc.property(people, fc.nat(), lambda, (everybody, pick, strength) => {
        const leaver = pick % everybody.length;
        const model = EaseModel.train(gramOf(everybody), strength);
        model.forget(everybody[leaver]!);
        expectSame(model, EaseModel.train(gramOf(everybody.toSpliced(leaver, 1)), strength));
      }),
    );
  });

  it('that saw many come and go equals the one trained with those who stayed', () => {
    fc.assert(
      fc.property(people, people, lambda, (staying, leaving, strength) => {
        const model = EaseModel.train(gramOf([]), strength);
        for (const each of leaving) model.learn(each);
        for (const each of staying) model.learn(each);
        for (const each of leaving) model.forget(each);
        expectSame(model, EaseModel.train(gramOf(staying), strength));
      }),
    );
  });

  it('stays symmetric to the last bit through every step', () => {
    const model = EaseModel.train(gramOf([binaryHistory([0, 3, 9])]), 3);
    for (let step = 0; step < 50; step++) model.learn(binaryHistory([step % ITEMS, (step * 7) % ITEMS, 5]));
    for (let i = 0; i < ITEMS; i++) {
      for (let j = 0; j < i; j++) expect(model.inverse[i * ITEMS + j]).toBe(model.inverse[j * ITEMS + i]);
    }
  });

  it('refuses to forget what it cannot have learned, and is unchanged then', () => {
    const model = EaseModel.train(gramOf([binaryHistory([1, 2])]), 1);
    const before = model.inverse.slice();
    expect(() => model.forget(binaryHistory([1, 2, 3]))).toThrow(NotInModelError);
    expect(model.inverse).toEqual(before);
    model.forget(binaryHistory([1, 2]));
    expect(() => model.forget(binaryHistory([1, 2]))).toThrow(NotInModelError);
  });

  it('over more items equals the one trained over all of them', () => {
    const small = new GramMatrix(5);
    const large = new GramMatrix(9);
    for (const gram of [small, large]) gram.add(binaryHistory([0, 2, 4]));
    expectSame(EaseModel.train(small, 4).withItems(9), EaseModel.train(large, 4));
  });

  it('trained in turns is the same, and lets timers run meanwhile', async () => {
    const gram = gramOf([binaryHistory([0, 1]), binaryHistory([1, 2])]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 0);
    const big = new GramMatrix(600);
    big.add(binaryHistory([0, 599]));
    await EaseModel.trainInTurns(big, 2);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect((await EaseModel.trainInTurns(gram, 2)).inverse).toEqual(EaseModel.train(gram, 2).inverse);
  });

  it('stops training when told to', async () => {
    await expect(EaseModel.trainInTurns(new GramMatrix(200), 1, AbortSignal.abort())).rejects.toThrow(
      'aborted',
    );
  });
});
