import { describe, expect, it } from 'vitest';
import type { Figure } from './figure.js';
import { isMet, measure, median } from './measure.js';

const FIGURE: Figure = {
  name: 'x.y',
  unit: 'x/s',
  target: 0.5,
  higherIsBetter: true,
  rounds: 3,
  open: () => Promise.reject(new Error('not opened here')),
};

function given(values: number[], calls: string[], name: string) {
  return () => {
    calls.push(name);
    return Promise.resolve(values.shift() ?? Number.NaN);
  };
}

describe('a measurement', () => {
  it('leaves out the warm-up and takes the median of the ratios', async () => {
    const calls: string[] = [];
    const pair = {
      figure: given([9_999, 10, 30, 80], calls, 'figure'),
      limit: given([1, 20, 40, 100], calls, 'limit'),
    };
    const { value, limit, ratio, ratios } = await measure(FIGURE, pair);
    expect({ value, limit, ratio, ratios }).toEqual({
      value: 30,
      limit: 40,
      ratio: 0.75,
      ratios: [0.5, 0.75, 0.8],
    });
  });

  it('says what the value itself must reach, where it must', async () => {
    const pair = { figure: () => Promise.resolve(1), limit: () => Promise.resolve(1) };
    expect(await measure({ ...FIGURE, atLeast: 5 }, pair)).toMatchObject({ atLeast: 5 });
    expect(await measure(FIGURE, pair)).not.toHaveProperty('atLeast');
  });

  it('changes who comes first from round to round', async () => {
    const calls: string[] = [];
    const pair = { figure: given([1, 1, 1, 1], calls, 'F'), limit: given([1, 1, 1, 1], calls, 'L') };
    await measure(FIGURE, pair);
    expect(calls.join('')).toBe('LFFLLFFL');
  });
});

describe('a median', () => {
  it('is the middle one, or the mean of the two in the middle', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7]);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a target', () => {
  it.each([
    [0.5, true, true],
    [0.49, true, false],
    [0.5, false, true],
    [0.51, false, false],
  ])('of 0.5 and a ratio of %d, higher is better: %s → met: %s', (ratio, higherIsBetter, met) => {
    expect(isMet({ value: 1, ratio, target: 0.5, higherIsBetter })).toBe(met);
  });

  it('for the value itself counts besides', () => {
    const kept = { ratio: 0.5, target: 0.5, higherIsBetter: true, atLeast: 80_000 };
    expect([isMet({ ...kept, value: 80_000 }), isMet({ ...kept, value: 79_999 })]).toEqual([true, false]);
    expect(isMet({ ...kept, value: 80_000, ratio: 0.4 })).toBe(false);
  });
});
