import { z } from 'zod';
import { USE_PROBLEMS } from './approvals.js';
import { commitment } from './commitment.js';
import { approvalId, pseudonym } from './ids.js';
import { defineRoute } from './route.js';

export const openCommitment = defineRoute({
  id: 'evidence.open',
  method: 'POST',
  path: '/v1/audit/openings',
  tag: 'Audit',
  audience: ['staff'],
  routeClass: 'reveal',
  stepUp: true,
  summary: 'Open a commitment of either log with an approval for it: the salt and what was committed to',
  ability: { action: 'open', resource: 'Commitment' },
  body: z.strictObject({ subject: commitment, approval: approvalId }),
  reply: z.object({
    subject: commitment,
    kind: z.enum(['person', 'permit']),
    purpose: z.string().nullable(),
    pseudonym: pseudonym.nullable().describe('Of a permit'),
    id: z.base64url().describe('The 16 bytes committed to'),
    salt: z.base64url().describe('16 bytes'),
    until: z.iso.date().nullable().describe('Last day on which this can be opened; null while it lives'),
  }),
  problems: [...USE_PROBLEMS, 'evidence.gone'],
});
