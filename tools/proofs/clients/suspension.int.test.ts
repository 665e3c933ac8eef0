import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from '@integument/authz';
import type { BodyOf, ClientId, Credential, ReplyOf, readClient } from '@integument/contracts';
import { BearerTokens, CLIENT_LEASE_MS, clientCallers, DpopProofs, type HttpRequest } from '@integument/http';
import { proofCount } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientDirectory as atApi } from '../../../apps/api/src/platform/client-directory.js';
import type { VaultClient } from '../../../apps/api/src/platform/vault-client.js';
import { ClientsController } from '../../../apps/vault/src/features/clients/clients.controller.js';
import { clientDirectory as atVault, ClientsStore } from '../../../apps/vault/src/features/registry/index.js';
import { agreed, CASE, Member } from '../../../apps/vault/src/member.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { ClientKey, ISSUER, KeyServer, PUBLIC_URL } from '../../../libs/http/src/testing/tokens.fixture.js';

/** Two replicas of the vault and two of the API, with real tokens, at one database. */

type Use = 'identity' | 'health';
const AUDIENCES = { identity: 'urn:integument:vault', health: 'urn:integument:api' } as const;

let vault: TestVault;
let keys: KeyServer;
let console: ClientsController;
let admin: Member;
let officer: Member;
let isAway = false;
/** how long the vault's answer is on its way */
let wayMs: number | undefined;
let asked = 0;
let read = 0;
beforeAll(async () => {
  vault = await TestVault.open();
  keys = await KeyServer.start();
  console = new ClientsController(vault.clients, vault.unitOfWork);
  admin = await Member.appointed(vault, 'adam', ['admin']);
  officer = await Member.appointed(vault, 'olivia', ['privacy-officer']);
});
afterAll(async () => {
  await vault.close();
  keys.close();
});

/** What the API has of the vault: its internal listener, some way off. */
const internal = {
  call: async (_: typeof readClient, { body }: { body: BodyOf<typeof readClient> }) => {
    asked++;
    if (isAway) throw new Error('away');
    await sleep(Math.random() * 4);
    const reply: ReplyOf<typeof readClient> = await vault.unitOfWork.single((tx) =>
      vault.registry.lookUp(tx, body.credential),
    );
    read++;
    await sleep(wayMs ?? Math.random() * 4);
    return reply;
  },
} as unknown as VaultClient;

const NO_PROOFS = { publicUrl: PUBLIC_URL, marks: { spend: () => Promise.resolve(true) } };

function replica(use: Use, proofs: ConstructorParameters<typeof DpopProofs>[0] = NO_PROOFS): BearerTokens {
  const directory = use === 'identity' ? atVault(new ClientsStore(), vault.unitOfWork) : atApi(internal);
  return new BearerTokens({
    issuer: ISSUER,
    audience: AUDIENCES[use],
    jwksUrl: keys.url,
    proofs: new DpopProofs(proofs),
    ...clientCallers(use, directory),
  });
}

const requestWith = (token: string) =>
  ({ headers: { authorization: `Bearer ${token}` }, proved: false, lease: null }) as unknown as HttpRequest;

async function ask(at: BearerTokens, token: string): Promise<Caller | null> {
  try {
    return await at.resolve(requestWith(token));
  } catch {
    return null;
  }
}

interface Registered {
  readonly client: ClientId;
  readonly credential: Credential;
  readonly token: string;
  readonly at: BearerTokens[];
}

async function registered(use: Use, name: string): Promise<Registered> {
  const [client, credential] = [name as ClientId, `${name}-1` as Credential];
  const declared = { client, use, purposes: [], vouchesFor: [], dpop: false, credentials: [credential] };
  const parameters = { ...declared, suspended: false };
  const approval = await agreed(vault, [admin, officer], 'clients.change', parameters);
  await admin.ask((tx, asker) => vault.clients.register(tx, asker, { ...declared, approval }));
  const token = await keys.sign({ sub: credential, client_id: credential, aud: AUDIENCES[use] });
  return { client, credential, token, at: [replica(use), replica(use)] };
}

/** Fifty at each replica ask without a pause; some of them go on after the answer. @returns who was let in by what was asked after it */
async function hammered({ at, token }: Registered, change: () => Promise<unknown>) {
  let answered = false;
  let early = 0;
  const late: Caller[] = [];
  const hammer = async (one: BearerTokens) => {
    for (let after = 0; after < 5; ) {
      const isLate = answered;
      const caller = await ask(one, token);
      if (isLate) after++;
      if (caller && isLate) late.push(caller);
      if (caller) early++;
      await sleep(1);
    }
  };
  for (const one of at) if (await ask(one, token)) early++;
  const hammering = at.flatMap((one) => Array.from({ length: 50 }, () => hammer(one)));
  await sleep(20 + Math.random() * CLIENT_LEASE_MS);
  await change();
  answered = true;
  await Promise.all(hammering);
  return { early, late };
}

describe.each(['identity', 'health'] as const)('a client for %s', (use) => {
  const changes: Record<string, (of: Registered) => Promise<unknown>> = {
    'was suspended': ({ client }) =>
      console.suspend(officer.asker, { params: { client }, query: undefined, body: { reason: CASE } }),
    'was removed': ({ client }) =>
      console.remove(officer.asker, { params: { client }, query: undefined, body: { reason: CASE } }),
    'had this credential retired': ({ client, credential }) =>
      console.retireCredential(officer.asker, {
        params: { client },
        query: undefined,
        body: { credential, reason: CASE },
      }),
  };

  it.each(Object.keys(changes))(
    'is let in nowhere after it was answered that it %s, however hard it asks meanwhile',
    async (name) => {
      for (let round = 0; round < proofCount(1, 20); round++) {
        const of = await registered(use, `${use}-${name.length}-${round}`);
        const { early, late } = await hammered(of, () => changes[name]?.(of) ?? Promise.reject(new Error()));
        expect(early).toBeGreaterThan(0);
        expect(late).toEqual([]);
      }
    },
    60_000,
  );

  it('has what it was narrowed to, and no more, once that was answered', async () => {
    const of = await registered(use, `${use}-narrowed`);
    for (const at of of.at) expect(await ask(at, of.token)).toMatchObject({ dpop: false });
    const { client, credential } = of;
    const parameters = {
      client,
      use,
      purposes: [],
      vouchesFor: [],
      dpop: true,
      credentials: [credential],
      suspended: false,
    };
    const approval = await agreed(vault, [admin, officer], 'clients.change', parameters);
    await console.change(admin.asker, {
      params: { client },
      query: undefined,
      body: { purposes: [], vouchesFor: [], dpop: true, approval },
    });
    for (const at of of.at) expect(await ask(at, of.token)).toMatchObject({ dpop: true });
  });

  it('is called by its own id, whichever credential its token names, and has the lease on its request', async () => {
    const { at, token, client } = await registered(use, `${use}-called`);
    const request = requestWith(token);
    expect(await at[0]?.resolve(request)).toMatchObject({ clientId: client, use });
    expect(request.lease?.holds()).toBe(true);
    // From memory now, and so without a promise.
    expect(at[0]?.resolve(requestWith(token))).toMatchObject({ clientId: client });
  });

  it('is refused at the other plane under its own id, and one that nobody knows under none', async () => {
    const other = use === 'identity' ? 'health' : 'identity';
    const { token, client } = await registered(use, `${use}-stranger`);
    expect(await ask(replica(other), token)).toMatchObject({ clientId: client, use });
    const unknown = await keys.sign({ sub: client, client_id: client, aud: AUDIENCES[use] });
    expect(await ask(replica(use), unknown)).toBeNull();
    expect(await ask(replica(other), unknown)).toBeNull();
  });

  it('is in no token of its own plane where it is registered for the other', async () => {
    const other = use === 'identity' ? 'health' : 'identity';
    const { credential } = await registered(use, `${use}-crossed`);
    const crossed = await keys.sign({ sub: credential, client_id: credential, aud: AUDIENCES[other] });
    expect(await ask(replica(other), crossed)).toBeNull();
  });

  it('is let in until its credential ends, within a lease, too', async () => {
    const { at, token, credential } = await registered(use, `${use}-ending`);
    for (const one of at) expect(await ask(one, token)).not.toBeNull();
    // In the middle of the fourth lease: at the end of one it would be asked for anew anyway.
    const ends = Date.now() + 3.5 * CLIENT_LEASE_MS;
    await vault.query('UPDATE client_credential SET not_after = $1 WHERE credential = $2', [
      new Date(ends),
      credential,
    ]);
    // Asked to the end, so that a lease is under way then; judged only where a busy machine makes no answer too late.
    while (Date.now() < ends) {
      for (const one of at) {
        const caller = await ask(one, token);
        if (Date.now() < ends - CLIENT_LEASE_MS) expect(caller).not.toBeNull();
      }
      await sleep(10);
    }
    await sleep(1);
    for (const one of at) expect(await ask(one, token)).toBeNull();
  });
});

it('who has proved a key is let in again after the body, when the lease is over and the proof spent', async () => {
  const { token: plain, client, credential } = await registered('identity', 'keyed');
  const key = await ClientKey.make();
  const claims = { sub: credential, client_id: credential, aud: AUDIENCES.identity };
  const token = await keys.bind(key.thumbprint, claims);
  const proof = await key.prove({ token });
  const request = {
    ...requestWith(plain),
    headers: { authorization: `DPoP ${token}` },
    method: 'GET',
    url: '/v1/things/a',
    raw: { headersDistinct: { dpop: [proof] } },
  } as unknown as HttpRequest;
  const spent = new Set<string>();
  const spend = (mark: Buffer) => Promise.resolve(spent.size < spent.add(mark.toString('hex')).size);
  const at = replica('identity', { publicUrl: PUBLIC_URL, marks: { spend } });
  expect(await at.resolve(request)).toMatchObject({ clientId: client });
  expect(await at.resolve(request)).toMatchObject({ clientId: client });
  // Another request with the same proof is none of the client's.
  await expect(at.resolve({ ...request, proved: false })).rejects.toThrow();
  await console.suspend(officer.asker, { params: { client }, query: undefined, body: { reason: CASE } });
  await expect(at.resolve(request)).rejects.toMatchObject({ status: 401 });
});

describe('the API', () => {
  it('counts from its question, however long the answer is on its way', async () => {
    const { at, token, client } = await registered('health', 'slow-answer');
    const [api] = at as [BearerTokens];
    wayMs = CLIENT_LEASE_MS / 2;
    try {
      read = 0;
      const early = ask(api, token);
      await expect.poll(() => read, { interval: 5 }).toBe(1);
      await console.suspend(officer.asker, { params: { client }, query: undefined, body: { reason: CASE } });
      expect(await early).toMatchObject({ clientId: client });
      expect(await ask(api, token)).toBeNull();
    } finally {
      wayMs = undefined;
    }
  });

  it('asks the vault once a lease for each credential, also for one that there is not', async () => {
    const { at, token } = await registered('health', 'counted');
    const unknown = await keys.sign({ sub: 'nobody', client_id: 'nobody', aud: AUDIENCES.health });
    const [api] = at as [BearerTokens];
    await Promise.all([ask(api, token), ask(api, unknown)]);
    asked = 0;
    const until = Date.now() + 2 * CLIENT_LEASE_MS;
    while (Date.now() < until)
      await Promise.all([ask(api, token), ask(api, token), ask(api, unknown), sleep(5)]);
    expect(asked).toBeLessThanOrEqual(2 * 2);
    expect(asked).toBeGreaterThanOrEqual(2);
  });

  it('lets nobody in who is believed no more while the vault is away', async () => {
    const { at, token } = await registered('health', 'vault-away');
    const [api] = at as [BearerTokens];
    expect(await ask(api, token)).not.toBeNull();
    isAway = true;
    try {
      await sleep(CLIENT_LEASE_MS);
      await expect(api.resolve(requestWith(token))).rejects.toThrow('away');
    } finally {
      isAway = false;
    }
  });
});
