import { SEARCH_PARTS, type SearchPart } from '@integument/contracts';
import { z } from 'zod';
import { PARTS } from './search-parts.js';

/** People behind each combination of digests at the least, on the average: the rule of this installation's planner. */
const LEAST_POPULATION = 16;
/** Parts together are looked at in all their subsets. */
const INDEXES_MAX = 12;

const index = z.strictObject({
  of: z
    .array(z.enum(SEARCH_PARTS))
    .min(1)
    .max(4)
    .refine((parts) => new Set(parts).size === parts.length)
    .transform((parts) => [...parts].sort()),
  bits: z.int().min(0).max(24),
});

/** The section `search` of the catalogue file. */
export const searchSection = z.strictObject({
  people: z.int().min(1).max(10_000_000_000),
  perMinute: z.int().min(1).max(10_000).default(30),
  indexes: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), index)
    .refine((indexes) => Object.keys(indexes).length <= INDEXES_MAX),
});
export type SearchSection = z.output<typeof searchSection>;

/** An index over parts of fields, of so few bits that many people share each digest. With no bits nothing is stored: it allows to ask. */
export interface CoarseIndex {
  readonly name: string;
  /** in the order of their names */
  readonly of: readonly SearchPart[];
  readonly bits: number;
}

/** Declared indexes that may be. */
export interface SearchPlan {
  readonly indexes: readonly CoarseIndex[];
  /** What all their digests together tell of one person, at most; bits. */
  readonly told: number;
  /** So many people there must be before anything is written. */
  readonly least: number;
  /** Searches by parts that one caller may make a minute. */
  readonly perMinute: number;
}

/** The declared indexes tell too much of too few. Its message is for the operator, and has names and numbers of the file alone. */
export class SearchPlanRefused extends Error {
  override readonly name = 'SearchPlanRefused';
}

const NO_SEARCH: SearchPlan = { indexes: [], told: 0, least: 0, perMinute: 1 };

/**
 * CipherSweet's rule (docs/SECURITY.md there: expected coincidences C = R / 2^Σ min(Lᵢ, Kᵢ), for R rows and indexes of Lᵢ bits over 2^Kᵢ values) with
 * C ≥ 16 in place of 2. All indexes share the person's row, whatever they are of, so all count together.
 * @throws {SearchPlanRefused} naming each index and by how much it is too many
 */
export function planSearch(section: SearchSection | undefined): SearchPlan {
  if (!section) return NO_SEARCH;
  const indexes = Object.entries(section.indexes).map(([name, { of, bits }]) => ({ name, of, bits }));
  refuseTwins(indexes);
  const told = bitsTold(indexes);
  if (section.people < LEAST_POPULATION * 2 ** told) throw tooMuch(indexes, section.people);
  return { indexes, told, least: Math.ceil(LEAST_POPULATION * 2 ** told), perMinute: section.perMinute };
}

/**
 * An upper bound of what the digests of one person tell together. Each tells its bits at most; those of indexes whose parts all are known
 * tell nothing that these parts don't. So: for any set of parts, what the parts can be, and the bits of the other indexes; the least of all.
 */
export function bitsTold(indexes: readonly CoarseIndex[]): number {
  const countable = [...new Set(indexes.flatMap(({ of }) => of))].filter((part) =>
    Number.isFinite(PARTS[part].bits),
  );
  let least = Number.POSITIVE_INFINITY;
  for (let chosen = 0; chosen < 2 ** countable.length; chosen++) {
    const known = new Set(countable.filter((_, at) => (chosen >> at) & 1));
    const ofParts = sum([...known].map((part) => PARTS[part].bits));
    const others = indexes.filter(({ of }) => !of.every((part) => known.has(part)));
    least = Math.min(least, ofParts + sum(others.map(({ bits }) => bits)));
  }
  return least;
}

/** People who share a combination of digests, on the average over the combinations. */
export function populationBehind(indexes: readonly CoarseIndex[], people: number): number {
  return people / 2 ** bitsTold(indexes);
}

function tooMuch(indexes: readonly CoarseIndex[], people: number): SearchPlanRefused {
  const allowed = Math.max(0, Math.log2(people / LEAST_POPULATION));
  const over = (bits: number) => `${(bits - allowed).toFixed(1)} too many`;
  const told = bitsTold(indexes);
  const each = indexes
    .filter(({ bits }) => bits > 0)
    .map((one) => {
      const alone = bitsTold([one]);
      return `${one.name} tells ${alone.toFixed(1)}${alone > allowed ? `, ${over(alone)} by itself` : ''}`;
    });
  return new SearchPlanRefused(
    `the search indexes of VAULT_CATALOGUE_FILE tell ${told.toFixed(1)} bits of each person, ${over(told)}: of ${people} people ` +
      `${populationBehind(indexes, people).toPrecision(2)} would share each combination, and must be ${LEAST_POPULATION} ` +
      `(${each.join('; ')})`,
  );
}

function refuseTwins(indexes: readonly CoarseIndex[]): void {
  const names = new Map<string, string>();
  for (const { name, of } of indexes) {
    const twin = names.get(of.join());
    if (twin)
      throw new SearchPlanRefused(
        `the search indexes ${twin} and ${name} of VAULT_CATALOGUE_FILE are of the same`,
      );
    names.set(of.join(), name);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
