import { boundsOf, type Cost, cheapestWay, pushed, type Step } from './bounds.js';
import type { Circulation } from './circulation.js';

/**
 * Which numbers must not be told so that none of those can be worked out: the small ones, and others in their shadow. After it, what is
 * told leaves at least `width` between the least and the most that each hidden number can be, even for who knows the told ones exactly.
 *
 * Hides along cheapest ways of flows, one number after the other (Kelly, Golden & Assad 1992, Networks 22): safe always, small
 * usually.
 * @param small positions of numbers that are hidden in any case; never that of the grand total
 * @param width at most the grand total
 * @returns positions of all that is hidden
 */
export function suppressed(table: Circulation, small: Iterable<number>, width: number): Set<number> {
  const hidden = new Set(small);
  // A set is walked in the order of its growth: what is hidden on the way is looked at, too.
  for (const entry of hidden) {
    while (widthOf(table, hidden, entry) < width) {
      for (const other of shadeFor(table, hidden, entry)) hidden.add(other);
    }
  }
  return hidden;
}

function widthOf(table: Circulation, hidden: ReadonlySet<number>, entry: number): number {
  const { least, most } = boundsOf(table, hidden, entry);
  return most - least;
}

/** What to hide besides, so that a number could be one more than it can be now, or else one less. */
function shadeFor(table: Circulation, hidden: ReadonlySet<number>, entry: number): number[] {
  const free: Cost = (other) => (hidden.has(other) ? 0 : undefined);
  const total = table.entries.length - 1;
  // Numbers of few people first; what is hidden costs nothing.
  const priced: Cost = (other) => {
    if (other === total) return undefined;
    return hidden.has(other) ? 0 : 1 + (table.entries[other]?.count ?? 0);
  };
  for (const sign of [1, -1] as const) {
    const { counts } = pushed(table, free, entry, sign);
    if (sign < 0 && counts[entry] === 0) continue;
    const way = cheapestWay(table, counts, priced, entry, sign);
    if (way) return way.map((step: Step) => step.entry);
  }
  // With everything hidden a number can be anything from nobody to everybody.
  throw new RangeError('a table of fewer people than each number has to be uncertain by');
}
