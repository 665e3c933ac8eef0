// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import type { Interaction } from '@integument/contracts';

/**
 * What one person did, as the recommender sees it: a sparse vector over the model's items.
 * `items` holds item positions, ascending and each once; `weights` the preference for each.
 */
export interface History {
  readonly items: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Quarters, and on purpose: a product of two weights is a multiple of 1/16, which floating point adds and subtracts
 * without rounding (below 2⁴⁹ people). Taking a person out of the Gram matrix leaves it bit for bit as it would be had
 * they never come.
 */
export const INTERACTION_WEIGHTS: Readonly<Record<Interaction, number>> = {
  viewed: 0.25,
  saved: 0.75,
  liked: 1,
  bought: 1,
  hidden: 0,
};

/** From here on an item counts as liked, so that a reason may say so. */
export const LIKED_FROM = 0.75;

/**
 * Builds a history from events in any order. The strongest event of an item counts, not their number: somebody who looks
 * at one cream a hundred times doesn't outweigh everybody else. An item that was hidden carries no weight at all.
 */
export function historyOf(events: Iterable<readonly [item: number, interaction: Interaction]>): History {
  const weights = new Map<number, number>();
  const hidden = new Set<number>();
  for (const [item, interaction] of events) {
    if (interaction === 'hidden') hidden.add(item);
    weights.set(item, Math.max(weights.get(item) ?? 0, INTERACTION_WEIGHTS[interaction]));
  }
  const kept = [...weights]
    .filter(([item, weight]) => weight > 0 && !hidden.has(item))
    .sort((a, b) => a[0] - b[0]);
  return {
    items: Int32Array.from(kept, ([item]) => item),
    weights: Float64Array.from(kept, ([, weight]) => weight),
  };
}

/** A history in which every item counts the same. */
export function binaryHistory(items: Iterable<number>): History {
  const sorted = Int32Array.from(new Set(items)).sort();
  return { items: sorted, weights: new Float64Array(sorted.length).fill(1) };
}

/** @throws RangeError when a position lies outside the model, is repeated, or a weight isn't a positive number */
export function checkHistory(history: History, size: number): void {
  if (history.items.length !== history.weights.length) throw new RangeError('one weight for each item');
  let previous = -1;
  history.items.forEach((item, at) => {
    const weight = history.weights[at]!;
    if (item <= previous || item >= size) throw new RangeError('item positions must ascend within the model');
    if (!(weight > 0 && weight < Infinity)) throw new RangeError('a weight must be positive');
    previous = item;
  });
}
