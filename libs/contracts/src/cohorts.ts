import { z } from 'zod';
import { PERMIT_PROBLEMS } from './permit.js';
import { SKIN_CONCERNS, SKIN_TYPES, type SkinConcern } from './products.js';
import { defineRoute } from './route.js';

/** Numbers that are kept as the band they fall in: bands of one width, the last of them without an end. */
export const BANDED_FACTS = {
  productsUsed: { width: 3, top: 12, meaning: 'Products in use now' },
  routineSteps: { width: 2, top: 8, meaning: 'Steps of the daily routine' },
  interactions: { width: 10, top: 40, meaning: 'Products looked at, liked or bought in the last 30 days' },
} as const;
export type BandedFact = keyof typeof BANDED_FACTS;
export const BANDED_FACT_NAMES = Object.keys(BANDED_FACTS) as [BandedFact, ...BandedFact[]];

/** Where the bands of a number begin. */
export function bandsOf(fact: BandedFact): number[] {
  const { width, top } = BANDED_FACTS[fact];
  return Array.from({ length: top / width + 1 }, (_, band) => band * width);
}

const MOST = 10_000;

/** Nothing finer than the band gets past the contract, so nothing finer can be kept. */
function banded(fact: BandedFact) {
  const { width, top, meaning } = BANDED_FACTS[fact];
  return z
    .int()
    .min(0)
    .max(MOST)
    .describe(`${meaning}; kept as its band, ${width} wide`)
    .transform((number) => Math.min(number - (number % width), top));
}

const concerns = z.array(z.enum(SKIN_CONCERNS)).max(SKIN_CONCERNS.length);

export const cohortFacts = z.strictObject({
  skinType: z.enum(SKIN_TYPES),
  concerns: concerns.transform((named) => SKIN_CONCERNS.filter((concern) => named.includes(concern))),
  productsUsed: banded('productsUsed'),
  routineSteps: banded('routineSteps'),
  interactions: banded('interactions'),
});
/** What one person is counted by. */
export type CohortFacts = z.output<typeof cohortFacts>;

/**
 * What people can be counted by. Each splits everybody into parts that add up, which is what suppression can reason about: somebody
 * has several concerns, so each concern is a dimension of its own.
 */
export type CohortDimension = 'skinType' | BandedFact | SkinConcern;
const OF_BANDS = BANDED_FACT_NAMES.map((fact) => [fact, bandsOf(fact).map(String)] as const);
const OF_CONCERNS = SKIN_CONCERNS.map((concern) => [concern, ['yes', 'no']] as const);
export const COHORT_VALUES = Object.fromEntries<readonly string[]>([
  ['skinType', SKIN_TYPES],
  ...OF_BANDS,
  ...OF_CONCERNS,
]) as Readonly<Record<CohortDimension, readonly string[]>>;
export const COHORT_DIMENSIONS = Object.keys(COHORT_VALUES) as [CohortDimension, ...CohortDimension[]];

const dimension = z.enum(COHORT_DIMENSIONS);
const FILTERS_MAX = 2;
const where = z
  .strictObject(
    Object.fromEntries(
      COHORT_DIMENSIONS.map((name) => [name, z.enum(COHORT_VALUES[name]).optional()]),
    ) as Record<CohortDimension, z.ZodOptional<z.ZodEnum<Record<string, string>>>>,
  )
  .refine((filters) => Object.keys(filters).length <= FILTERS_MAX)
  .default({})
  .describe(`At most ${FILTERS_MAX} dimensions besides, each with the value that it must have`);
export type CohortWhere = z.output<typeof where>;

const people = z.int().describe('Rounded to a multiple of `base`');
const told = people.nullable().describe('Rounded to a multiple of `base`; null where it is not told');
const base = z.int();
const COHORT_PROBLEMS = ['cohorts.too_small', 'cohorts.budget_spent', 'vault.unavailable'] as const;

export const storeCohortFacts = defineRoute({
  id: 'cohort_facts.store',
  method: 'PUT',
  path: '/v1/analytics/facts',
  summary: 'Say what one is counted by, in place of what was said before',
  tag: 'Cohorts',
  audience: ['person', 'health-client'],
  ability: { action: 'store', resource: 'CohortFact' },
  body: cohortFacts,
  reply: z.object({ stored: z.literal(true) }),
  problems: PERMIT_PROBLEMS,
});

export const readCohortFacts = defineRoute({
  id: 'cohort_facts.read',
  method: 'GET',
  path: '/v1/analytics/facts',
  summary: 'Read what one is counted by, as coarse as it is kept',
  tag: 'Cohorts',
  audience: ['person', 'health-client'],
  ability: { action: 'read', resource: 'CohortFact' },
  reply: z.object({
    facts: z
      .object({
        skinType: z.enum(SKIN_TYPES),
        concerns,
        productsUsed: z.int(),
        routineSteps: z.int(),
        interactions: z.int(),
      })
      .nullable()
      .describe('Numbers are where their bands begin; null before anything was said'),
  }),
  problems: PERMIT_PROBLEMS,
});

export const countCohort = defineRoute({
  id: 'cohorts.count',
  method: 'POST',
  path: '/v1/cohorts/count',
  routeClass: 'bulk',
  summary: 'Count the people who agreed to it now, by one or two dimensions; small numbers are not told',
  tag: 'Cohorts',
  audience: ['staff'],
  ability: { action: 'count', resource: 'Cohort' },
  body: z
    .strictObject({ by: z.array(dimension).min(1).max(2), where })
    .refine(({ by, where }) => areApart(by, where), { path: ['by'] }),
  reply: z.object({
    people,
    base,
    cells: z.array(z.object({ values: z.array(z.string()).describe('In the order of `by`'), people: told })),
    totals: z
      .array(z.object({ dimension, value: z.string(), people: told }))
      .describe('Of a table by two: of its rows and columns'),
  }),
  problems: COHORT_PROBLEMS,
});

export const cohortHistogram = defineRoute({
  id: 'cohorts.histogram',
  method: 'POST',
  path: '/v1/cohorts/histogram',
  routeClass: 'bulk',
  summary: 'Count the people who agreed to it now, by bands of a number; small numbers are not told',
  tag: 'Cohorts',
  audience: ['staff'],
  ability: { action: 'count', resource: 'Cohort' },
  body: z
    .strictObject({ of: z.enum(BANDED_FACT_NAMES), where })
    .refine(({ of, where }) => areApart([of], where), { path: ['of'] }),
  reply: z.object({
    people,
    base,
    bands: z.array(
      z.object({ from: z.int(), to: z.int().nullable().describe('Null: without an end'), people: told }),
    ),
  }),
  problems: COHORT_PROBLEMS,
});

/** A filter on a dimension that is counted by would leave one part of it. */
function areApart(by: readonly CohortDimension[], filters: CohortWhere): boolean {
  return new Set(by).size === by.length && by.every((name) => filters[name] === undefined);
}
