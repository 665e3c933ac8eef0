import { z } from 'zod';
import { clientPseudonym, guardianshipId, signInCode } from './ids.js';
import { reason } from './people.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';
import { sessionsEnded } from './sessions.js';

/**
 * Who answers for a child agrees for it, to purposes that are named beforehand, until it is old enough to agree by itself (GDPR
 * Art. 8(1)); see docs/consent.md.
 */
const purposes = z
  .array(z.enum(PURPOSE_NAMES))
  .min(1)
  .max(PURPOSE_NAMES.length)
  .transform((names) => [...new Set(names)].sort());

const view = {
  guardianship: guardianshipId,
  purposes: z.array(z.enum(PURPOSE_NAMES)),
  endsOn: z.iso.date().describe('The day from which the child agrees by itself'),
};
const guardianship = z.object({ ...view, state: z.enum(['active', 'ended']) });
export type GuardianshipView = z.input<typeof guardianship>;

/** For how many children one person can answer at once. */
export const GUARDED_MAX = 20;

const params = z.strictObject({ guardianship: guardianshipId });
const kept = { tag: 'Guardianships', audience: ['identity-client'], params } as const;
const own = { tag: 'Guardianships', audience: ['person'] } as const;

export const makeGuardianship = defineRoute({
  id: 'guardianships.make',
  method: 'POST',
  path: '/v1/guardianships',
  summary: 'Say who answers for a child, for which purposes, and what shows it',
  tag: 'Guardianships',
  audience: ['identity-client'],
  ability: { action: 'make', resource: 'Guardianship' },
  body: z.strictObject({
    guardian: clientPseudonym,
    child: clientPseudonym,
    purposes,
    evidence: z
      .string()
      .min(1)
      .max(4_096)
      .describe(
        'What was shown, and to whom. Kept under the key of the child, read by privacy officers, and gone with it',
      ),
  }),
  status: 201,
  reply: guardianship,
  problems: [
    'people.not_found',
    'people.broken',
    'guardianships.of_themselves',
    'guardianships.birth_date_unknown',
    'guardianships.of_age',
    'guardianships.guardian_under_age',
    'guardianships.known',
    'guardianships.too_many',
  ],
});

export const readGuardianship = defineRoute({
  ...kept,
  id: 'guardianships.read',
  method: 'GET',
  path: '/v1/guardianships/:guardianship',
  summary: 'Whether a guardianship that this client recorded goes on, and until when',
  ability: { action: 'read', resource: 'Guardianship' },
  reply: guardianship,
  problems: ['guardianships.not_found'],
});

export const endGuardianship = defineRoute({
  ...kept,
  id: 'guardianships.end',
  method: 'DELETE',
  path: '/v1/guardianships/:guardianship',
  summary: 'End a guardianship: its sessions end, and what was agreed to in them; repeatable',
  ability: { action: 'end', resource: 'Guardianship' },
  reply: sessionsEnded,
  problems: ['guardianships.not_found'],
});

export const revokeGuardianship = defineRoute({
  id: 'guardianships.revoke',
  method: 'POST',
  path: '/v1/guardianships/:guardianship/revoke',
  stepUp: true,
  summary: 'End anybody’s guardianship, for a reason, whoever recorded it; repeatable',
  tag: 'Guardianships',
  audience: ['staff'],
  ability: { action: 'revoke', resource: 'Guardianship' },
  params,
  body: z.strictObject({ reason }),
  reply: sessionsEnded,
  problems: ['guardianships.not_found'],
});

export const listOwnGuardians = defineRoute({
  ...own,
  id: 'guardianships.list_guardians',
  method: 'GET',
  path: '/v1/me/guardians',
  summary: 'Who answers for you: by guardianship, not by name, the oldest first',
  ability: { action: 'read', resource: 'OwnGuardian' },
  reply: z.object({
    guardians: z.array(
      z.object({
        ...view,
        recordedOn: z.iso.date(),
        client: z.string().describe('Who recorded it'),
      }),
    ),
  }),
});

export const endOwnGuardian = defineRoute({
  ...own,
  id: 'guardianships.end_own',
  method: 'DELETE',
  path: '/v1/me/guardians/:guardianship',
  summary: 'Have somebody answer for you no longer: their sessions end, and what they agreed to; repeatable',
  ability: { action: 'end', resource: 'OwnGuardian' },
  params,
  reply: sessionsEnded,
  problems: ['guardianships.not_found'],
});

export const listOwnGuardianships = defineRoute({
  ...own,
  id: 'guardianships.list_own',
  method: 'GET',
  path: '/v1/me/guardianships',
  summary: 'For whom you answer: by guardianship, the oldest first',
  ability: { action: 'read', resource: 'OwnGuardianship' },
  reply: z.object({ guardianships: z.array(z.object(view)) }),
});

export const issueGuardianCode = defineRoute({
  ...own,
  id: 'guardianships.issue_code',
  method: 'POST',
  path: '/v1/me/guardianships/:guardianship/code',
  routeClass: 'sign-in',
  summary: 'A one-time code for a session of the child at the data plane, within five minutes of a sign-in',
  ability: { action: 'use', resource: 'OwnGuardianship' },
  params,
  status: 201,
  reply: z.object({ code: signInCode, expiresIn: z.int().describe('seconds') }),
  problems: ['guardianships.not_found', 'guardianships.sign_in_not_fresh'],
});
