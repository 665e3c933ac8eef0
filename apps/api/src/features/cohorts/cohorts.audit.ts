import { defineAction } from '@integument/audit-log';
import { COHORT_DIMENSIONS } from '@integument/contracts';
import { z } from 'zod';

/** Names of dimensions, never the values asked for. The count of an entry is of the permits that were read, whomever was asked about. */
const asked = z.strictObject({
  by: z.array(z.enum(COHORT_DIMENSIONS)),
  where: z.array(z.enum(COHORT_DIMENSIONS)),
});

export const cohortCounted = defineAction('cohorts.count', asked);
export const cohortHistogramMade = defineAction('cohorts.histogram', asked);
export const factsStored = defineAction('cohort_facts.store');
export const factsRead = defineAction('cohort_facts.read');
