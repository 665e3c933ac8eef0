import { defineAction } from '@integument/audit-log';
import { PREDICATES, REVEAL_FORMS, ruleId, TOKEN_TYPES } from '@integument/contracts';
import { z } from 'zod';
import { POLICIES_NAMED } from '../reveals/index.js';

const made = z.strictObject({ types: z.array(z.enum(TOKEN_TYPES)).min(1) });
const revealed = z.strictObject({
  form: z.enum(REVEAL_FORMS).describe('A mask tells a fraction of what the value does'),
  policies: z.array(ruleId).min(1).max(POLICIES_NAMED).describe('Reveal policies that allowed it'),
});

export const tokensMade = defineAction('tokens.make', made);
export const tokensRevealed = defineAction('tokens.reveal', revealed);
export const tokenAsked = defineAction(
  'tokens.ask',
  z.strictObject({
    predicate: z.enum(PREDICATES).describe('What was asked; never with which parameters'),
    policies: z.array(ruleId).min(1).max(POLICIES_NAMED).describe('Reveal policies that allowed it'),
  }),
);
/** Of a batch that goes on: how many of its entries were refused. */
export const makingRefusedInBatch = defineAction('tokens.make_batch');
export const revealRefusedInBatch = defineAction('tokens.reveal_batch');
export const tokensRemoved = defineAction('tokens.remove');
export const tokenDescribed = defineAction('tokens.describe');
