import { describe, expect, it } from 'vitest';
import type { Measurement } from './measure.js';
import { table } from './report.js';

const FAST: Measurement = {
  name: 'http.noop',
  value: 21_234.6,
  unit: 'requests/s',
  limit: 30_000,
  ratio: 0.708,
  target: 0.7,
  higherIsBetter: true,
  ratios: [0.65, 0.708, 0.81],
};
const SLOW: Measurement = {
  ...FAST,
  name: 'x.latency',
  unit: 'ms',
  value: 7.123,
  limit: 2,
  ratio: 3.56,
  target: 3,
  higherIsBetter: false,
};
const TOO_SLOW: Measurement = { ...FAST, name: 'x.absolute', atLeast: 30_000 };

describe('the table', () => {
  it('shows for each figure its ratio, how far the rounds lay apart, and whether the target is kept', () => {
    expect(table([FAST, SLOW, TOO_SLOW]).split('\n')).toEqual([
      'figure       value   limit  unit        ratio     spread  target  at least  rounds',
      'http.noop   21,235  30,000  requests/s   0.71  0.65–0.81   ≥ 0.7                 3  ✓',
      'x.latency     7.12       2  ms           3.56  0.65–0.81     ≤ 3                 3  ✗',
      'x.absolute  21,235  30,000  requests/s   0.71  0.65–0.81   ≥ 0.7    30,000       3  ✗',
    ]);
  });
});
