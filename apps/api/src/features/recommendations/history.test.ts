import { describe, expect, it } from 'vitest';
import { binaryHistory, checkHistory, historyOf, INTERACTION_WEIGHTS } from './history.js';

describe('a history', () => {
  it('keeps the strongest event of an item, in any order and however often', () => {
    const history = historyOf([
      [4, 'viewed'],
      [2, 'liked'],
      [4, 'saved'],
      [4, 'viewed'],
      [2, 'viewed'],
    ]);
    expect([...history.items]).toEqual([2, 4]);
    expect([...history.weights]).toEqual([1, 0.75]);
  });

  it('drops an item that was hidden, whether before or after it was liked', () => {
    const after = historyOf([
      [1, 'liked'],
      [1, 'hidden'],
    ]);
    const before = historyOf([
      [1, 'hidden'],
      [1, 'liked'],
    ]);
    expect(after.items).toHaveLength(0);
    expect(before.items).toHaveLength(0);
  });

  it('has weights whose products are exact in floating point', () => {
    for (const weight of Object.values(INTERACTION_WEIGHTS)) expect(Number.isInteger(weight * 4)).toBe(true);
  });

  it.each([
    ['outside the model', [3], [1]],
    ['negative', [-1], [1]],
    ['repeated', [1, 1], [1, 1]],
    ['out of order', [2, 1], [1, 1]],
    ['without weight', [1], [0]],
    ['of no number', [1], [Number.NaN]],
  ])('is refused with an item %s', (_name, items, weights) => {
    const history = { items: Int32Array.from(items), weights: Float64Array.from(weights) };
    expect(() => checkHistory(history, 3)).toThrow(RangeError);
  });

  it('of equal items is sorted and without repeats', () => {
    expect([...binaryHistory([10, 9, 10, 1]).items]).toEqual([1, 9, 10]);
  });
});
