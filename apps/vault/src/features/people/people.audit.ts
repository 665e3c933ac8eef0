import { defineAction } from '@integument/audit-log';
import { REVEAL_FORMS, ruleId } from '@integument/contracts';
import { z } from 'zod';
import { POLICIES_NAMED } from '../reveals/index.js';

export const personEnrolled = defineAction('people.enrol');
export const batchEnrolled = defineAction('people.enrol_batch');
export const personRead = defineAction('people.read');
export const peopleSearched = defineAction('people.search');
export const personRevealed = defineAction(
  'people.reveal',
  z.strictObject({
    form: z.enum(REVEAL_FORMS).describe('A mask tells a fraction of what the value does'),
    policies: z.array(ruleId).min(1).max(POLICIES_NAMED).describe('Reveal policies that allowed it'),
  }),
);
export const personUpdated = defineAction('people.update');
export const selfRead = defineAction('people.read_self');
export const personSelfEnrolled = defineAction('people.enrol_self');
