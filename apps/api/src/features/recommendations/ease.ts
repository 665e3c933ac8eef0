// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import { inversionSteps, invertPositiveDefinite } from './cholesky.js';
import type { GramMatrix } from './gram.js';
import { checkHistory, type History } from './history.js';

/**
 * Forgetting divides by 1 − xᵀPx, which is 1 / (1 + xᵀP₀x) for the P₀ that never saw the person and so at least
 * λ / (λ + |x|²). Something smaller means that this history isn't in the model.
 */
const SMALLEST_DENOMINATOR = 1e-9;

/**
 * The history cannot have been learned: the model would be left with less than nothing. Not every wrong history is
 * found out this way, so the caller must bring the very one that was learned.
 */
export class NotInModelError extends Error {
  constructor() {
    super('this history was not learned by this model');
    this.name = 'NotInModelError';
  }
}

/**
 * EASEᴿ: a linear model of items by items, the least squares answer in closed form.
 *
 *     P = (G + λI)⁻¹,   B_ij = −P_ij / P_jj,   B_jj = 0,   score of j for a history x: Σ_i x_i B_ij
 *
 * H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019, eq. 6 to 8. Kept as P: B follows from it,
 * while P alone allows the Sherman–Morrison steps that let the model learn and forget one person exactly, because
 * a person is one rank-one term of G.
 */
export class EaseModel {
  /**
   * @param size number of items
   * @param lambda strength of regularisation, > 0, in units of squared weight
   * @param inverse P, size × size, row by row, exactly symmetric; the model owns and changes it
   * @param popularity Σ x_i² of each item; the model owns and changes it
   * @param people number of histories learned
   */
  constructor(
    readonly size: number,
    readonly lambda: number,
    readonly inverse: Float64Array,
    readonly popularity: Float64Array,
    private count: number,
  ) {
    if (inverse.length !== size * size || popularity.length !== size) throw new RangeError('sizes disagree');
    if (!(lambda > 0)) throw new RangeError('lambda must be positive');
  }

  get people(): number {
    return this.count;
  }

  /** Trains at once: about 1 s for 1,700 items, growing with the cube. The Gram matrix stays as it is. */
  static train(gram: GramMatrix, lambda: number): EaseModel {
    const matrix = regularised(gram, lambda);
    invertPositiveDefinite(matrix, gram.size);
    return new EaseModel(gram.size, lambda, matrix, gram.popularity(), gram.people);
  }

  /** The same, giving the event loop a turn between blocks: timers fire, locks are renewed, an abort is noticed. */
  static async trainInTurns(gram: GramMatrix, lambda: number, signal?: AbortSignal): Promise<EaseModel> {
    const matrix = regularised(gram, lambda);
    const popularity = gram.popularity();
    const people = gram.people;
    const steps = inversionSteps(matrix, gram.size);
    while (!steps.next().done) {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    return new EaseModel(gram.size, lambda, matrix, popularity, people);
  }

  /** Takes one more person in. O(n²); equal, within rounding, to a training with that person. */
  learn(history: History): void {
    const { direction, quadratic } = this.project(history);
    this.step(direction, -1 / (1 + quadratic));
    this.account(history, 1);
  }

  /**
   * Forgets one person exactly. O(n²); equal, within rounding, to a training that never saw them.
   * @param history exactly as it was learned
   * @throws NotInModelError the model is unchanged then
   */
  forget(history: History): void {
    if (!this.mayHold(history)) throw new NotInModelError();
    const { direction, quadratic } = this.project(history);
    const denominator = 1 - quadratic;
    if (!(denominator > SMALLEST_DENOMINATOR)) throw new NotInModelError();
    this.step(direction, 1 / denominator);
    this.account(history, -1);
  }

  /** Scores of all items for a history; an item of the history doesn't vote for itself. */
  score(history: History): Float64Array {
    const { direction } = this.project(history);
    history.items.forEach((item, at) => {
      direction[item]! -= history.weights[at]! * this.inverse[item * this.size + item]!;
    });
    for (let j = 0; j < this.size; j++) direction[j]! /= -this.inverse[j * this.size + j]!;
    return direction;
  }

  /** B_ij: what one unit of preference for item `from` adds to the score of `to`. */
  influence(from: number, to: number): number {
    if (from === to) return 0;
    return -this.inverse[from * this.size + to]! / this.inverse[to * this.size + to]!;
  }

  /**
   * The same model over more items, which nobody has touched yet: G gains zero rows, so P gains 1/λ on the diagonal.
   * @param size the new number of items, the old ones first
   */
  withItems(size: number): EaseModel {
    if (size < this.size) throw new RangeError('a model cannot lose items; train a new one');
    const inverse = new Float64Array(size * size);
    for (let i = 0; i < this.size; i++) {
      inverse.set(this.inverse.subarray(i * this.size, (i + 1) * this.size), i * size);
    }
    for (let i = this.size; i < size; i++) inverse[i * size + i] = 1 / this.lambda;
    const popularity = new Float64Array(size);
    popularity.set(this.popularity);
    return new EaseModel(size, this.lambda, inverse, popularity, this.count);
  }

  /** P x and xᵀ P x. P is symmetric, so P x is a sum of its rows. */
  private project(history: History): { direction: Float64Array; quadratic: number } {
    checkHistory(history, this.size);
    const direction = new Float64Array(this.size);
    history.items.forEach((item, at) => {
      const weight = history.weights[at]!;
      const row = item * this.size;
      for (let j = 0; j < this.size; j++) direction[j]! += weight * this.inverse[row + j]!;
    });
    let quadratic = 0;
    history.items.forEach((item, at) => {
      quadratic += history.weights[at]! * direction[item]!;
    });
    return { direction, quadratic };
  }

  /** P += factor · d dᵀ. Scaled by the root first, so that P_ij and P_ji get the same bits and P stays symmetric. */
  private step(direction: Float64Array, factor: number): void {
    const sign = Math.sign(factor);
    const root = Math.sqrt(Math.abs(factor));
    for (let i = 0; i < this.size; i++) direction[i]! *= root;
    for (let i = 0; i < this.size; i++) {
      const here = sign * direction[i]!;
      // Items that never met the person's have zeros: most rows of a large catalogue are skipped.
      if (here === 0) continue;
      const row = i * this.size;
      for (let j = 0; j < this.size; j++) this.inverse[row + j]! += here * direction[j]!;
    }
  }

  /** Whether every item has gathered at least this person's share. Exact, since the weights are quarters. */
  private mayHold(history: History): boolean {
    checkHistory(history, this.size);
    if (this.count === 0) return false;
    return history.items.every((item, at) => this.popularity[item]! >= history.weights[at]! ** 2);
  }

  private account(history: History, sign: 1 | -1): void {
    history.items.forEach((item, at) => {
      this.popularity[item]! += sign * history.weights[at]! ** 2;
    });
    this.count += sign;
  }
}

function regularised(gram: GramMatrix, lambda: number): Float64Array {
  const matrix = gram.values.slice();
  for (let i = 0; i < gram.size; i++) matrix[i * gram.size + i]! += lambda;
  return matrix;
}
