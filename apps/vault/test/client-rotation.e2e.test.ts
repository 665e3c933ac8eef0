import { randomBytes } from 'node:crypto';
import {
  addCredential,
  type ClientId,
  changeClient,
  enrolPerson,
  listClients,
  noop,
  type ParametersOf,
  readPerson,
  registerClient,
  removeClient,
  resumeClient,
  retireCredential,
  suspendClient,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesise } from '../../../tools/demo/canaries.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { ProviderClient } from '../../../tools/outside/provider-client.js';
import { agreed } from '../../../tools/proofs/audit/calls/approvals.js';
import { LogTables } from '../../../tools/proofs/audit/log-tables.js';

const info = platform();
const { vault, api } = info.urls;
const reason = { code: 'legal', reference: 'SEC-9' } as const;

type Registered = ParametersOf<'clients.change'>;
type Credential = Registered['credentials'][number];

let admin: Browser;
let officer: Browser;
let tables: LogTables;
beforeAll(async () => {
  admin = await signIn(info, info.staff.admin);
  officer = await signIn(info, info.staff.privacyOfficer);
  tables = await LogTables.open(info);
});
afterAll(() => tables.close());

/** How the next request of a program ends. */
const outcome = async (program: ProviderClient, at: string) => {
  const { status, code } = await request(program, at, noop);
  return status === 200 ? 'let in' : `${status} ${code}`;
};
const REFUSED = '401 auth.required';
const leave = (parameters: Registered) =>
  agreed(info, [admin, officer], { operation: 'clients.change', parameters, reason });

describe.each([
  ['the vault', vault, 'identity', ['delivery'], 'urn:integument:vault'],
  ['the API', api, 'health', ['ingest'], 'urn:integument:api'],
] as const)('a client of %s', (_, at, use, purposes, audience) => {
  const client = `story-${use}-${randomBytes(6).toString('hex')}` as ClientId;
  const params = { client };
  let old: ProviderClient;
  let fresh: ProviderClient;
  let now: Registered;
  beforeAll(async () => {
    old = await ProviderClient.register(info, audience);
    fresh = await ProviderClient.register(info, audience);
    const credentials = [old.credential as Credential];
    now = {
      client,
      use,
      purposes: [...purposes],
      vouchesFor: [],
      dpop: false,
      credentials,
      suspended: false,
    };
  });

  it('is nobody before it is registered, and somebody as soon as that is answered', async () => {
    expect(await outcome(old, at)).toBe(REFUSED);
    const { suspended: _, ...declared } = now;
    await ask(admin, vault, registerClient, { body: { ...declared, ...(await leave(now)) } });
    expect([await outcome(old, at), await outcome(fresh, at)]).toEqual(['let in', REFUSED]);
  });

  it('changes its secret with both at work for a while, until the old one is retired', async () => {
    const credential = fresh.credential as Credential;
    now = { ...now, credentials: [...now.credentials, credential].sort() };
    await ask(admin, vault, addCredential, { params, body: { credential, ...(await leave(now)) } });
    expect([await outcome(old, at), await outcome(fresh, at)]).toEqual(['let in', 'let in']);
    const retired = old.credential as Credential;
    await ask(officer, vault, retireCredential, { params, body: { credential: retired, reason } });
    now = { ...now, credentials: [credential] };
    expect([await outcome(old, at), await outcome(fresh, at)]).toEqual([REFUSED, 'let in']);
  });

  it('is refused at once when it is suspended, and let in at once when that is lifted', async () => {
    expect(await outcome(fresh, at)).toBe('let in');
    await ask(officer, vault, suspendClient, { params, body: { reason } });
    expect(await outcome(fresh, at)).toBe(REFUSED);
    await ask(admin, vault, resumeClient, { params, body: await leave(now) });
    expect(await outcome(fresh, at)).toBe('let in');
  });

  it('is refused without a key from the answer on that says it must have one', async () => {
    const body = { purposes: now.purposes, dpop: true, ...(await leave({ ...now, dpop: true })) };
    await ask(admin, vault, changeClient, { params, body });
    expect(await outcome(fresh, at)).toBe('401 auth.proof_required');
  });

  it('is gone when it is removed, and never comes back for the other use', async () => {
    await ask(admin, vault, removeClient, { params, body: { reason } });
    expect(await outcome(fresh, at)).toBe(REFUSED);
    const other = use === 'identity' ? 'health' : 'identity';
    const after = { ...now, use: other, purposes: [], credentials: ['another' as Credential] } as Registered;
    const { suspended: _, ...declared } = after;
    const body = { ...declared, ...(await leave(after)) };
    expect(await request(admin, vault, registerClient, { body })).toMatchObject({
      status: 409,
      code: 'clients.other_use',
    });
    const { clients } = await ask(admin, vault, listClients);
    expect(clients.find((one) => one.client === client)).toMatchObject({ state: 'removed', use });
  });

  it('is named by its own id in the log, and its credentials nowhere', async () => {
    const auditor = await signIn(info, info.staff.auditor);
    const steps = [
      'register',
      'add_credential',
      'retire_credential',
      'suspend',
      'resume',
      'change',
      'remove',
    ];
    const found = async () => {
      const entries = await findEntries(auditor, vault, {
        from: new Date(Date.now() - 120_000).toISOString(),
      });
      return entries.map(({ entry }) => entry).filter(({ object }) => object === client);
    };
    const names = async () =>
      [
        ...new Set((await found()).filter(({ outcome: how }) => how === 'done').map(({ action }) => action)),
      ].sort();
    await expect.poll(names, { timeout: 20_000 }).toEqual(steps.map((step) => `clients.${step}`).sort());
    const told = JSON.stringify(await found());
    expect([told.includes(old.credential), told.includes(fresh.credential)]).toEqual([false, false]);
  });
});

it('people whom a client knows by one credential it knows by the next', async () => {
  const client = `story-names-${randomBytes(6).toString('hex')}` as ClientId;
  const [one, other] = await Promise.all(
    [1, 2].map(() => ProviderClient.register(info, 'urn:integument:vault')),
  );
  if (!one || !other) throw new Error('no programs');
  const credentials = [one.credential, other.credential].sort() as Credential[];
  const after: Registered = {
    client,
    use: 'identity',
    purposes: [],
    vouchesFor: [],
    dpop: false,
    credentials,
    suspended: false,
  };
  const { suspended: _, ...declared } = after;
  await ask(admin, vault, registerClient, { body: { ...declared, ...(await leave(after)) } });
  const [person] = synthesise(1);
  const { person: name } = await ask(one, vault, enrolPerson, { body: person?.enrolment as never });
  const read = await request(other, vault, readPerson, { params: { person: name } });
  expect(read.status).toBe(200);
  const [entry] = await tables.entriesOf('vault', read.headers.get('x-request-id') ?? '');
  expect(entry?.actor).toEqual({ kind: 'client', id: client });
});
