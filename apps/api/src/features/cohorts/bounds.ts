import type { Circulation } from './circulation.js';

/** One edge of a way through the table: its number grows (+1) or falls (-1) with what is sent along. */
export interface Step {
  readonly entry: number;
  readonly sign: 1 | -1;
}

/** What a reader can know of a number: it is no less, and no more. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** What it costs to use a number; undefined for one that can't change. */
export type Cost = (entry: number) => number | undefined;

/**
 * What the numbers that are told leave open of one that isn't, exactly: over all tables of counts with the same told numbers.
 * @param hidden never has the grand total
 */
export function boundsOf(table: Circulation, hidden: ReadonlySet<number>, entry: number): Bounds {
  const cost: Cost = (other) => (hidden.has(other) ? 0 : undefined);
  return {
    least: pushed(table, cost, entry, -1).counts[entry] as number,
    most: pushed(table, cost, entry, 1).counts[entry] as number,
  };
}

/** The table with one number as large (+1) or as small (-1) as can be while only those that cost nothing change. */
export function pushed(table: Circulation, cost: Cost, entry: number, sign: 1 | -1): { counts: number[] } {
  const counts = table.entries.map(({ count }) => count);
  for (;;) {
    const way = cheapestWay(table, counts, cost, entry, sign);
    if (!way) return { counts };
    const steps: Step[] = [...way, { entry, sign }];
    // A way along which nothing falls would go through the grand total, which is told.
    const amount = Math.min(
      ...steps.flatMap((step) => (step.sign < 0 ? [counts[step.entry] as number] : [])),
    );
    if (amount === 0) return { counts };
    for (const step of steps) counts[step.entry] = (counts[step.entry] as number) + step.sign * amount;
  }
}

/**
 * The cheapest way to make room for one more (+1) or one less (-1) of a number, over others than itself.
 * Bellman and Ford: a table has some dozens of numbers.
 */
export function cheapestWay(
  { nodes, entries }: Circulation,
  counts: readonly number[],
  cost: Cost,
  entry: number,
  sign: 1 | -1,
): Step[] | null {
  const { from, to } = entries[entry] as Circulation['entries'][number];
  const [start, end] = sign > 0 ? [to, from] : [from, to];
  const reached = Array.from({ length: nodes }, () => Number.POSITIVE_INFINITY);
  const steps: (Step | undefined)[] = [];
  reached[start] = 0;
  const arcs = entries.flatMap((edge, other) => {
    const price = other === entry ? undefined : cost(other);
    if (price === undefined) return [];
    const grow = { ...edge, price, step: { entry: other, sign: 1 } as const };
    const fall = { from: edge.to, to: edge.from, price, step: { entry: other, sign: -1 } as const };
    return (counts[other] as number) > 0 ? [grow, fall] : [grow];
  });
  for (let round = 1; round < nodes; round++) {
    for (const arc of arcs) {
      const price = (reached[arc.from] as number) + arc.price;
      if (price >= (reached[arc.to] as number)) continue;
      reached[arc.to] = price;
      steps[arc.to] = arc.step;
    }
  }
  return reached[end] === Number.POSITIVE_INFINITY ? null : walkedBack(entries, steps, start, end);
}

function walkedBack(
  entries: Circulation['entries'],
  steps: readonly (Step | undefined)[],
  start: number,
  end: number,
): Step[] {
  const way: Step[] = [];
  for (let node = end; node !== start; ) {
    const step = steps[node] as Step;
    const { from, to } = entries[step.entry] as Circulation['entries'][number];
    way.push(step);
    node = step.sign > 0 ? from : to;
  }
  return way;
}
