import { z } from 'zod';
import { openingId, pseudonym } from './ids.js';
import { reason } from './people.js';
import { defineRoute } from './route.js';

/** Base64url of 32 bytes: what an audit entry says in place of whom it is about. */
export const commitment = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
  .describe('`subject` of an audit entry');

const opening = z.object({
  opening: openingId,
  subject: commitment,
  reason,
  state: z.enum(['requested', 'approved']),
  mine: z.boolean().describe('Whether you asked for it'),
  expiresAt: z.iso.datetime(),
});

const common = { tag: 'Audit', audience: ['staff'] } as const;
const params = z.strictObject({ opening: openingId });

export const requestOpening = defineRoute({
  ...common,
  id: 'evidence.request',
  method: 'POST',
  path: '/v1/audit/openings',
  stepUp: true,
  summary: 'Ask that a commitment of either log be opened; somebody else has to agree',
  ability: { action: 'request', resource: 'Opening' },
  body: z.strictObject({ subject: commitment, reason }),
  status: 201,
  reply: opening,
});

export const listOpenings = defineRoute({
  ...common,
  id: 'evidence.list',
  method: 'GET',
  path: '/v1/audit/openings',
  summary: 'Openings that wait for somebody, within their day',
  ability: { action: 'read', resource: 'Opening' },
  reply: z.object({ openings: z.array(opening) }),
});

export const approveOpening = defineRoute({
  ...common,
  id: 'evidence.approve',
  method: 'POST',
  path: '/v1/audit/openings/:opening/approve',
  stepUp: true,
  summary: 'Agree to an opening that somebody else asked for',
  ability: { action: 'approve', resource: 'Opening' },
  params,
  reply: opening,
  problems: ['evidence.opening_not_found', 'evidence.same_person', 'evidence.already_approved'],
});

export const openCommitment = defineRoute({
  ...common,
  id: 'evidence.open',
  method: 'POST',
  path: '/v1/audit/openings/:opening/open',
  routeClass: 'reveal',
  stepUp: true,
  summary: 'Open what you asked for, once: the salt and what was committed to',
  ability: { action: 'open', resource: 'Opening' },
  params,
  reply: z.object({
    subject: commitment,
    kind: z.enum(['person', 'permit']),
    purpose: z.string().nullable(),
    pseudonym: pseudonym.nullable().describe('Of a permit'),
    id: z.base64url().describe('The 16 bytes committed to'),
    salt: z.base64url().describe('16 bytes'),
    until: z.iso.date().nullable().describe('Last day on which this can be opened; null while it lives'),
  }),
  problems: ['evidence.opening_not_found', 'evidence.not_approved', 'evidence.gone'],
});
