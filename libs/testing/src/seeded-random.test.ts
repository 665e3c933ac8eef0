import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seeded-random.js';

describe('seeded random numbers', () => {
  it('are those of splitmix64', () => {
    const random = new SeededRandom(1234567);
    // First values of the reference implementation for this seed.
    expect([random.uint64(), random.uint64()]).toEqual([6457827717110365317n, 3203168211198807973n]);
  });

  it('repeat for a seed and differ for another', () => {
    const draw = (seed: number) => new SeededRandom(seed).bytes(16).toString('hex');
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });

  it('shuffle without losing anything', () => {
    const list = Array.from({ length: 50 }, (_, at) => at);
    const shuffled = new SeededRandom(7).shuffle(list);
    expect(shuffled).not.toEqual(list);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(list);
  });

  it('stay below their limit and reach every value', () => {
    const random = new SeededRandom(3);
    const seen = new Set(Array.from({ length: 500 }, () => random.below(10)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
