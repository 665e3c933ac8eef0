import { COHORT_VALUES, type CohortDimension, type CohortFacts } from '@integument/contracts';
import { type Circulation, oneWay, twoWay } from './circulation.js';
import type { CellName, Draws } from './draws.js';
import { suppressed } from './suppression.js';

/** What people are counted by, and which of them. */
export interface Question {
  /** one or two */
  readonly by: readonly CohortDimension[];
  readonly where: CellName;
}

/** A number as it is told, or null. */
export interface Told {
  readonly cell: CellName;
  readonly people: number | null;
}

/** In which part of a dimension somebody is. */
export function partOf(facts: CohortFacts, dimension: CohortDimension): string {
  if (dimension === 'skinType') return facts.skinType;
  if (dimension === 'productsUsed' || dimension === 'routineSteps' || dimension === 'interactions') {
    return String(facts[dimension]);
  }
  return facts.concerns.includes(dimension) ? 'yes' : 'no';
}

/** @returns whom somebody is counted with, or null where the question is not about them */
export function cellOf({ by, where }: Question, facts: CohortFacts): string | null {
  const fits = Object.entries(where).every(
    ([dimension, value]) => partOf(facts, dimension as CohortDimension) === value,
  );
  return fits ? by.map((dimension) => partOf(facts, dimension)).join(' ') : null;
}

/**
 * What may be told of the counts: each number rounded for itself, the totals as well, and none that is small or that lets a small one
 * be worked out.
 * @param counts by {@link cellOf}
 * @returns the cells row by row, then the totals of rows and of columns, where there are two dimensions; null where the question is
 *   about too few people to say anything
 */
export function disclose(
  { by, where }: Question,
  counts: ReadonlyMap<string, number>,
  draws: Draws,
  day: string,
): { people: number; numbers: Told[] } | null {
  const [first, second] = by as [CohortDimension, CohortDimension | undefined];
  const lines = COHORT_VALUES[first].map((value) => ({ [first]: value }));
  const columns = second ? COHORT_VALUES[second].map((value) => ({ [second]: value })) : [{}];
  const rows = lines.map((line) =>
    columns.map((column) => counts.get(Object.values({ ...line, ...column }).join(' ')) ?? 0),
  );
  const table = second ? twoWay(rows) : oneWay(rows.flat());
  const cells: CellName[] = lines.flatMap((line) => columns.map((column) => ({ ...line, ...column })));
  const names = second ? [...cells, ...lines, ...columns] : cells;
  return told(table, names, where, draws, day);
}

function told(table: Circulation, names: readonly CellName[], where: CellName, draws: Draws, day: string) {
  const all = table.entries.at(-1)?.count ?? 0;
  const ofAll = draws.of(day, where);
  if (all < ofAll.least) return null;
  const numbers = names.map((cell, entry) => {
    return { cell, count: table.entries[entry]?.count ?? 0, draw: draws.of(day, { ...cell, ...where }) };
  });
  const small = numbers.flatMap(({ count, draw }, entry) => (count < draw.least ? [entry] : []));
  const hidden = suppressed(table, small, draws.minimum);
  return {
    people: ofAll.rounded(all),
    numbers: numbers.map(({ cell, count, draw }, entry) => ({
      cell,
      people: hidden.has(entry) ? null : draw.rounded(count),
    })),
  };
}
