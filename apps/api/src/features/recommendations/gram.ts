// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import { checkHistory, type History } from './history.js';

/**
 * G = Σ x xᵀ over the people's histories x. A sum, so a person is added and taken out by one rank-one step of
 * O(|history|²), in any order; nothing of a person stays after `remove`.
 */
export class GramMatrix {
  /** n × n, row by row, symmetric */
  readonly values: Float64Array;
  private count = 0;

  /** @param size number of items */
  constructor(readonly size: number) {
    this.values = new Float64Array(size * size);
  }

  /** Number of histories in the sum. */
  get people(): number {
    return this.count;
  }

  add(history: History): void {
    this.accumulate(history, 1);
    this.count++;
  }

  /** Takes out a history that was added exactly like this. */
  remove(history: History): void {
    if (this.count === 0) throw new RangeError('nobody is in the matrix');
    this.accumulate(history, -1);
    this.count--;
  }

  /** Σ x_i² of each item: how much preference it has gathered. */
  popularity(): Float64Array {
    return Float64Array.from({ length: this.size }, (_, item) => this.values[item * this.size + item]!);
  }

  private accumulate({ items, weights }: History, sign: 1 | -1): void {
    checkHistory({ items, weights }, this.size);
    for (let a = 0; a < items.length; a++) {
      const row = items[a]! * this.size;
      const weight = sign * weights[a]!;
      for (let b = 0; b < items.length; b++) this.values[row + items[b]!]! += weight * weights[b]!;
    }
  }
}
