import { z } from 'zod';
import { REVEAL_PURPOSES } from './people.js';
import { defineRoute } from './route.js';

/** The one condition that a caller is told: its values are words of the contracts. */
const conditions = z.strictObject({ purpose: z.strictObject({ $in: z.array(z.enum(REVEAL_PURPOSES)) }) });

const ownAbility = z.strictObject({
  action: z.string(),
  resource: z.string(),
  conditions: conditions.optional().describe('In the form of CASL'),
  partly: z
    .literal(true)
    .optional()
    .describe('Not every object: the answer to the request itself says which'),
});
export type OwnAbility = z.output<typeof ownAbility>;

/**
 * For a page that shows only what will work. It decides nothing: every request is asked again. It holds what the caller's kind, roles
 * and registration allow, nothing of anybody, so like one's own session it is read without an entry in the audit log.
 */
export const readOwnAbilities = defineRoute({
  id: 'abilities.read_own',
  method: 'GET',
  path: '/v1/me/abilities',
  summary: 'What the caller may do in this app',
  tag: 'Me',
  audience: ['person', 'staff', 'identity-client', 'health-client'],
  ability: { action: 'read', resource: 'Ability' },
  reply: z.strictObject({ abilities: z.array(ownAbility) }),
});
