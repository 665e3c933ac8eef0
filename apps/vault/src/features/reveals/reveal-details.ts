import { REVEAL_FORMS, ruleId } from '@integument/contracts';
import { z } from 'zod';

/** The policies that an audit entry names: the first of those that allowed it, as an entry is no longer than a few kilobytes. */
export const POLICIES_NAMED = 20;

export const allowedBy = z
  .array(ruleId)
  .min(1)
  .max(POLICIES_NAMED)
  .describe('Reveal policies that allowed it');

/** What an audit entry says of a reveal beside the general facts, whether of a person's fields or by a token. */
export const revealDetails = z.strictObject({
  form: z.enum(REVEAL_FORMS).describe('A mask tells a fraction of what the value does'),
  policies: allowedBy,
});
