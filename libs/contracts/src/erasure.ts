import { z } from 'zod';
import { clientPseudonym, erasureClaim, erasureId } from './ids.js';
import { reason } from './people.js';
import { defineRoute } from './route.js';

const erasureReceipt = z.object({ erasure: erasureId, claim: erasureClaim });

export const erasePerson = defineRoute({
  id: 'people.erase',
  method: 'POST',
  path: '/v1/people/:person/erasure',
  stepUp: true,
  summary: 'Erase a person everywhere; the claim fetches the evidence later',
  tag: 'Erasure',
  audience: ['identity-client', 'staff'],
  ability: { action: 'erase', resource: 'Person' },
  params: z.strictObject({ person: clientPseudonym }),
  body: z.strictObject({ reason }),
  status: 202,
  reply: erasureReceipt,
  problems: ['people.not_found'],
});

export const eraseSelf = defineRoute({
  id: 'people.erase_self',
  method: 'POST',
  path: '/v1/me/erasure',
  summary: 'Erase everything about the signed-in person',
  tag: 'Erasure',
  audience: ['person'],
  ability: { action: 'erase', resource: 'Self' },
  status: 202,
  reply: erasureReceipt,
  problems: ['people.not_found'],
});

/** Carries the claim. Never in a URL: those are logged. */
export const CLAIM_HEADER = 'integument-claim';

export const ERASURE_STATES = ['requested', 'keys-destroyed', 'completed'] as const;

export const readErasure = defineRoute({
  id: 'erasure.read',
  method: 'GET',
  path: '/v1/erasures/:erasure',
  summary: 'How far an erasure is; needs the claim in the Integument-Claim header',
  tag: 'Erasure',
  audience: ['public'],
  params: z.strictObject({ erasure: erasureId }),
  reply: z.object({
    erasure: erasureId,
    state: z.enum(ERASURE_STATES),
    requestedOn: z.iso.date(),
    keysDestroyed: z.int(),
    backupsUnreadableOn: z.iso
      .date()
      .nullable()
      .describe(
        'The day from which no backup opens what was erased, since no key that it lay under exists any more. Null until the keys are destroyed, and of erasures from before this was kept',
      ),
    backupsUnreadable: z
      .boolean()
      .describe('Whether that day has come; until then it is planned, and can become later'),
  }),
  problems: ['erasure.not_found'],
});
