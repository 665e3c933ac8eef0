import { isExact, SEARCHABLE_FIELDS, type SearchPart, type SearchWhere } from '@integument/contracts';
import { partsAsked } from './search-parts.js';
import type { CoarseIndex, SearchPlan } from './search-plan.js';

/** How a search finds those who may fit; then each is opened and compared. */
export interface SearchWay {
  /** A field whose whole value leads there. Nothing is narrower. */
  readonly exact: (typeof SEARCHABLE_FIELDS)[number] | null;
  /** Else those whom all of these indexes lead to. */
  readonly through: readonly CoarseIndex[];
}

/**
 * Each part that is asked for must be a field that names somebody, or belong to an index all of whose parts are asked for: who may search by name
 * and year together may not try years for somebody whose email they know.
 * @returns the parts that nothing allows; all of them where nothing leads anywhere
 */
export function uncovered(plan: SearchPlan, where: SearchWhere): SearchPart[] {
  const parts = partsAsked(where);
  const allowed = new Set(usable(plan, where).flatMap(({ of }) => of));
  const left = parts.filter((part) => !isExact(part) && !allowed.has(part));
  const { exact, through } = wayOf(plan, where);
  return left.length === 0 && !exact && through.length === 0 ? parts : left;
}

export function wayOf(plan: SearchPlan, where: SearchWhere): SearchWay {
  const exact = SEARCHABLE_FIELDS.find((field) => where[field] !== undefined) ?? null;
  return { exact, through: exact ? [] : usable(plan, where).filter(({ bits }) => bits > 0) };
}

function usable({ indexes }: SearchPlan, where: SearchWhere): CoarseIndex[] {
  return indexes.filter(({ of }) => of.every((part) => where[part] !== undefined));
}
