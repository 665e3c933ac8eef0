import { randomBytes } from 'node:crypto';
import {
  addCredential,
  type BodyOf,
  changeClient,
  listClients,
  type ParametersOf,
  registerClient,
  removeClient,
  resumeClient,
  retireCredential,
  suspendClient,
} from '@integument/contracts';
import { ask } from '../../../outside/ask.js';
import { agreed } from './approvals.js';
import { type Calls, type Cast, call } from './call.js';

type Registered = ParametersOf<'clients.change'>;

const reason = { code: 'legal', reference: 'CASE-4' } as const;

/** Routes by which client apps come, change and go. */
export const CLIENT_CALLS: Calls = {
  'clients.list': ({ info, admin }) => Promise.resolve(call(admin, info.urls.vault, listClients)),
  'clients.register': async (cast) => {
    const body = await declared(cast, aClient());
    return call(cast.admin, cast.info.urls.vault, registerClient, { body });
  },
  'clients.change': async (cast) => {
    const client = await registered(cast);
    const after = { ...client, purposes: [], vouchesFor: [], dpop: true };
    const body = { purposes: [], dpop: true, ...(await leaveTo(cast, after)) };
    return call(cast.admin, cast.info.urls.vault, changeClient, { ...of(client), body });
  },
  'clients.add_credential': async (cast) => {
    const client = await registered(cast);
    const credential = `${client.client}-2` as Registered['credentials'][number];
    const after = { ...client, credentials: [...client.credentials, credential] };
    const body = { credential, ...(await leaveTo(cast, after)) };
    return call(cast.admin, cast.info.urls.vault, addCredential, { ...of(client), body });
  },
  'clients.retire_credential': async (cast) => {
    const client = await registered(cast);
    const body = { credential: client.credentials[0], reason };
    return call(cast.officer, cast.info.urls.vault, retireCredential, { ...of(client), body });
  },
  'clients.suspend': async (cast) =>
    call(cast.officer, cast.info.urls.vault, suspendClient, {
      ...of(await registered(cast)),
      body: { reason },
    }),
  'clients.resume': async (cast) => {
    const client = await registered(cast);
    await ask(cast.officer, cast.info.urls.vault, suspendClient, { ...of(client), body: { reason } });
    const body = await leaveTo(cast, client);
    return call(cast.admin, cast.info.urls.vault, resumeClient, { ...of(client), body });
  },
  'clients.remove': async (cast) =>
    call(cast.admin, cast.info.urls.vault, removeClient, { ...of(await registered(cast)), body: { reason } }),
};

function aClient(): Registered {
  const client = `client-${randomBytes(8).toString('hex')}` as Registered['client'];
  const credentials = [`${client}-1`] as Registered['credentials'];
  const [purposes, vouchesFor] = [['support' as const], ['guardianships' as const]];
  return { client, use: 'identity', purposes, vouchesFor, dpop: false, credentials, suspended: false };
}

const of = ({ client }: Registered) => ({ params: { client } });

function leaveTo({ info, admin, officer }: Cast, parameters: Registered) {
  return agreed(info, [admin, officer], { operation: 'clients.change', parameters, reason });
}

async function declared(cast: Cast, client: Registered): Promise<BodyOf<typeof registerClient>> {
  const { suspended: _, ...rest } = client;
  return { ...rest, ...(await leaveTo(cast, client)) };
}

export async function registered(cast: Cast): Promise<Registered> {
  const client = aClient();
  await ask(cast.admin, cast.info.urls.vault, registerClient, { body: await declared(cast, client) });
  return client;
}
