// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction
import { SeededRandom } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { inversionSteps, invertPositiveDefinite, NotPositiveDefiniteError } from './cholesky.js';

/** R Rᵀ + I for a random R: positive definite. */
function positiveDefinite(n: number, seed: number): Float64Array {
  const random = new SeededRandom(seed);
  const root = Float64Array.from({ length: n * n }, () => random.fraction() - 0.5);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) matrix[i * n + j]! += root[i * n + k]! * root[j * n + k]!;
    }
    matrix[i * n + i]! += 1;
  }
  return matrix;
}

/** The largest distance of A · B from the identity. */
function distanceFromIdentity(a: Float64Array, b: Float64Array, n: number): number {
  let worst = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k]! * b[k * n + j]!;
      worst = Math.max(worst, Math.abs(sum - (i === j ? 1 : 0)));
    }
  }
  return worst;
}

describe('the inverse of a positive definite matrix', () => {
  // One, below a tile, at and around tile and block edges, several blocks with a rest.
  it.each([1, 2, 3, 4, 5, 63, 64, 65, 127, 128, 129, 150])(
    'multiplies with it to the identity for n = %i',
    (n) => {
      const matrix = positiveDefinite(n, n);
      const inverse = matrix.slice();
      invertPositiveDefinite(inverse, n);
      expect(distanceFromIdentity(matrix, inverse, n)).toBeLessThan(1e-11);
    },
  );

  it('is that of the textbook for a small one', () => {
    // [[4, 2], [2, 3]]⁻¹ = 1/8 · [[3, −2], [−2, 4]]
    const matrix = Float64Array.of(4, 2, 2, 3);
    invertPositiveDefinite(matrix, 2);
    [0.375, -0.25, -0.25, 0.5].forEach((expected, at) => {
      expect(matrix[at]).toBeCloseTo(expected, 15);
    });
  });

  it('is symmetric to the last bit', () => {
    const n = 130;
    const matrix = positiveDefinite(n, 7);
    invertPositiveDefinite(matrix, n);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(matrix[i * n + j]).toBe(matrix[j * n + i]);
  });

  it('reads the lower triangle only', () => {
    const n = 70;
    const whole = positiveDefinite(n, 9);
    const lower = whole.map((value, at) => (at % n > Math.floor(at / n) ? Number.NaN : value));
    invertPositiveDefinite(whole, n);
    invertPositiveDefinite(lower, n);
    expect(lower).toEqual(whole);
  });

  it('gives way between blocks', () => {
    expect([...inversionSteps(positiveDefinite(130, 1), 130)]).toHaveLength(9);
  });

  it.each([
    ['indefinite', [1, 2, 2, 1]],
    ['singular', [1, 1, 1, 1]],
    ['not a number', [Number.NaN, 0, 0, 1]],
    ['infinite', [Infinity, 0, 0, 1]],
  ])('is refused for a matrix that is %s', (_name, values) => {
    expect(() => invertPositiveDefinite(Float64Array.from(values), 2)).toThrow(NotPositiveDefiniteError);
  });
});
