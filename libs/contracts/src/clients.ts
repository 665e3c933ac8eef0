import { z } from 'zod';
import { USE_PROBLEMS } from './approvals.js';
import { areOfUse, CLIENT_USES, canVouch, clientPurposes, vouchesFor as vouched } from './client-purposes.js';
import { approvalId, clientId, credential } from './ids.js';
import { CREDENTIALS_MAX } from './operations.js';
import { reason } from './people.js';
import { defineRoute } from './route.js';

/**
 * Client apps, beside those of the registry file. What gives one more power takes an approval of `clients.change` for all that the client
 * then is; what takes power away, one member of staff and a reason. After the answer no request succeeds anywhere by what was before.
 */

const use = z.enum(CLIENT_USES).describe('Never both, and never changed, not even after a removal');
const purposes = clientPurposes.describe(
  'Of an identity client: to reveal for. Of a health client: to process for',
);
const vouchesFor = vouched.describe('For what the word of an identity client is taken; nothing when absent');
const dpop = z.boolean().describe('Refused without a proof of its key (RFC 9449)');
const credentials = z.array(credential).min(1).max(CREDENTIALS_MAX);
/** How far ahead a credential may begin, and how long a retired one may go on. */
export const CREDENTIAL_DAYS_AHEAD = 90;
const moment = z.iso.datetime().describe(`At most ${CREDENTIAL_DAYS_AHEAD} days from now; now when absent`);

const registered = z.object({
  client: clientId,
  use,
  purposes,
  vouchesFor,
  dpop,
  state: z.enum(['active', 'suspended', 'removed']),
  origin: z.enum(['file', 'console']).describe('`file`: the registry file’s, and changed there alone'),
  credentials: z.array(
    z.object({
      credential,
      notBefore: z.iso.datetime(),
      notAfter: z.iso.datetime().nullable().describe('When it was, or will be, retired'),
    }),
  ),
});
export type ClientView = z.input<typeof registered>;

const common = { tag: 'Clients', audience: ['staff'], reply: registered } as const;
const changing = { ...common, stepUp: true, ability: { action: 'change', resource: 'Client' } } as const;
const suspending = { ...common, stepUp: true, ability: { action: 'suspend', resource: 'Client' } } as const;
const params = z.strictObject({ client: clientId });
const NOT_OURS = ['clients.not_found', 'clients.of_file'];

export const listClients = defineRoute({
  ...common,
  id: 'clients.list',
  method: 'GET',
  path: '/v1/clients',
  summary: 'All client apps, with those that were removed and the credentials that were retired',
  ability: { action: 'read', resource: 'Client' },
  reply: z.object({ clients: z.array(registered) }),
});

export const registerClient = defineRoute({
  ...changing,
  id: 'clients.register',
  method: 'POST',
  path: '/v1/clients',
  summary: 'Register a client app',
  body: z
    .strictObject({ client: clientId, use, purposes, vouchesFor, dpop, credentials, approval: approvalId })
    .refine((body) => areOfUse(body.use, body.purposes), { path: ['purposes'] })
    .refine((body) => canVouch(body.use, body.vouchesFor), { path: ['vouchesFor'] }),
  status: 201,
  problems: [...USE_PROBLEMS, 'clients.known', 'clients.other_use', 'clients.credential_known'],
});

export const changeClient = defineRoute({
  ...changing,
  id: 'clients.change',
  method: 'PUT',
  path: '/v1/clients/:client',
  summary:
    'Change what a client app is registered for, for what its word is taken, or whether it must prove a key',
  params,
  body: z.strictObject({ purposes, vouchesFor, dpop, approval: approvalId }),
  problems: [...USE_PROBLEMS, ...NOT_OURS, 'clients.purposes_of_other_use', 'clients.vouches_for_nothing'],
});

export const addCredential = defineRoute({
  ...changing,
  id: 'clients.add_credential',
  method: 'POST',
  path: '/v1/clients/:client/credentials',
  summary: 'Know a client app by one more client id of the provider',
  params,
  body: z.strictObject({ credential, notBefore: moment.optional(), approval: approvalId }),
  status: 201,
  problems: [
    ...USE_PROBLEMS,
    ...NOT_OURS,
    'clients.credential_known',
    'clients.too_many_credentials',
    'clients.time_out_of_range',
  ],
});

export const retireCredential = defineRoute({
  ...suspending,
  id: 'clients.retire_credential',
  method: 'POST',
  path: '/v1/clients/:client/credentials/retire',
  summary: 'Let a credential in no longer, from now or a later moment on, for ever',
  params,
  body: z.strictObject({ credential, notAfter: moment.optional(), reason }),
  problems: [
    ...NOT_OURS,
    'clients.credential_not_found',
    'clients.credential_ends_earlier',
    'clients.time_out_of_range',
  ],
});

export const suspendClient = defineRoute({
  ...suspending,
  id: 'clients.suspend',
  method: 'POST',
  path: '/v1/clients/:client/suspend',
  summary: 'Let a client app in no longer, of the registry file, too, until somebody else agrees to lift it',
  params,
  body: z.strictObject({ reason }),
  problems: ['clients.not_found', 'clients.suspended'],
});

export const resumeClient = defineRoute({
  ...changing,
  id: 'clients.resume',
  method: 'POST',
  path: '/v1/clients/:client/resume',
  summary: 'Lift a suspension',
  params,
  body: z.strictObject({ approval: approvalId }),
  problems: [...USE_PROBLEMS, 'clients.not_found', 'clients.not_suspended'],
});

export const removeClient = defineRoute({
  ...suspending,
  id: 'clients.remove',
  method: 'POST',
  path: '/v1/clients/:client/remove',
  summary: 'Register a client app no longer, and retire its credentials',
  params,
  body: z.strictObject({ reason }),
  problems: NOT_OURS,
});
