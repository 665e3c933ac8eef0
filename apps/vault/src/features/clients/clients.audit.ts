import { hash } from 'node:crypto';
import { defineAction } from '@integument/audit-log';
import { approvalId, CLIENT_USES, type Credential, clientPurposes, VOUCHED } from '@integument/contracts';
import { z } from 'zod';

/** Of a credential its SHA-256: whoever knows it can tell, and a text of somebody's is not kept here for ever. */
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const purposes = clientPurposes;
const vouchesFor = z.array(z.enum(VOUCHED));
const dpop = z.boolean();

// The object is the client, by its own id.
export const clientsListed = defineAction('clients.list');
export const clientRegistered = defineAction(
  'clients.register',
  z.strictObject({
    approval: approvalId,
    use: z.enum(CLIENT_USES),
    purposes,
    vouchesFor,
    dpop,
    credentials: z.array(digest),
  }),
);
export const clientChanged = defineAction(
  'clients.change',
  z.strictObject({
    approval: approvalId,
    purposes,
    purposesBefore: purposes,
    vouchesFor,
    vouchesForBefore: vouchesFor,
    dpop,
    dpopBefore: dpop,
  }),
);
export const credentialAdded = defineAction(
  'clients.add_credential',
  z.strictObject({ approval: approvalId, credential: digest, notBefore: z.iso.datetime() }),
);
export const credentialRetired = defineAction(
  'clients.retire_credential',
  z.strictObject({ credential: digest, notAfter: z.iso.datetime() }),
);
export const clientSuspended = defineAction('clients.suspend');
export const clientResumed = defineAction('clients.resume', z.strictObject({ approval: approvalId }));
export const clientRemoved = defineAction('clients.remove');

export function digestOf(credential: Credential): string {
  return hash('sha256', credential, 'hex');
}
