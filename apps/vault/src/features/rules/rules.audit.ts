import { defineAction } from '@integument/audit-log';
import { approvalId } from '@integument/contracts';
import { z } from 'zod';

const version = z.int().positive();
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What the rules say stands in the version; its digest says that it is still the same. `count`: old drafts that went. */
export const rulesDrafted = defineAction(
  'rules.draft',
  z.strictObject({ version, digest, rules: z.int(), reveals: z.int() }),
);
export const rulesRead = defineAction('rules.read', z.strictObject({ version, digest }));
export const rulesListed = defineAction('rules.list');
export const rulesTried = defineAction('rules.try', z.strictObject({ version: version.nullable(), digest }));
export const rulesEnacted = defineAction(
  'rules.enact',
  z.strictObject({
    version,
    digest,
    before: version,
    approval: approvalId,
  }),
);
