import { defineAction } from '@integument/audit-log';
import { PREDICATES, TOKEN_TYPES } from '@integument/contracts';
import { z } from 'zod';
import { allowedBy, revealDetails } from '../reveals/index.js';

const made = z.strictObject({
  types: z.array(z.enum(TOKEN_TYPES)).min(1),
  known: z
    .int()
    .min(1)
    .optional()
    .describe('So many of them stand for what the vault knew; no value was sent'),
});
export const tokensMade = defineAction('tokens.make', made);
export const tokensRevealed = defineAction('tokens.reveal', revealDetails);
export const tokenAsked = defineAction(
  'tokens.ask',
  z.strictObject({
    predicate: z.enum(PREDICATES).describe('What was asked; never with which parameters'),
    policies: allowedBy,
  }),
);
/** Of a batch that goes on: how many of its entries were refused. */
export const makingRefusedInBatch = defineAction('tokens.make_batch');
export const revealRefusedInBatch = defineAction('tokens.reveal_batch');
export const tokensRemoved = defineAction('tokens.remove');
export const tokenDescribed = defineAction('tokens.describe');
