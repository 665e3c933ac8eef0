import {
  type ApprovalId,
  type ClientId,
  type Credential,
  type ParametersOf,
  registerClient,
} from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agreed, approve, CASE, Member, requested } from '../../member.fixture.js';
import { outcomes } from '../../outcomes.fixture.js';
import { TestVault } from '../../vault.fixture.js';

type Parameters = ParametersOf<'clients.change'>;

const DAY = 86_400_000;
let vault: TestVault;
let admin: Member;
let officer: Member;
let client: ClientId;
let first: Credential;
let second: Credential;
let count = 0;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  admin = await Member.appointed(vault, `admin-${++count}`, ['admin']);
  officer = await Member.appointed(vault, `officer-${count}`, ['privacy-officer']);
  client = `shop-${count}` as ClientId;
  [first, second] = [`first-${count}` as Credential, `second-${count}` as Credential];
});

const shop = (more: Partial<Parameters> = {}): Parameters => ({
  client,
  use: 'identity',
  purposes: ['delivery'],
  vouchesFor: [],
  dpop: false,
  credentials: [first],
  suspended: false,
  ...more,
});
const allow = (more: Partial<Parameters> = {}) =>
  agreed(vault, [admin, officer], 'clients.change', shop(more));
const declared = (more: Partial<Parameters> = {}) => {
  const { suspended: _, ...rest } = shop(more);
  return rest;
};
const register = (approval: ApprovalId, more: Partial<Parameters> = {}, who = admin) =>
  who.ask((tx, asker) => vault.clients.register(tx, asker, { ...declared(more), approval }));
const registered = async (more: Partial<Parameters> = {}) => register(await allow(more), more);
const change = (approval: ApprovalId, { purposes, vouchesFor, dpop } = shop()) =>
  admin.ask((tx, asker) => vault.clients.change(tx, asker, client, { purposes, vouchesFor, dpop, approval }));
const add = (approval: ApprovalId, credential = second, notBefore?: string) =>
  admin.ask((tx, asker) =>
    vault.clients.addCredential(tx, asker, client, { credential, approval, ...(notBefore && { notBefore }) }),
  );
const retire = (credential = first, notAfter?: string, who = admin) =>
  who.ask((tx, asker) =>
    vault.clients.retireCredential(tx, asker, client, {
      credential,
      reason: CASE,
      ...(notAfter && { notAfter }),
    }),
  );
const suspend = (who = officer) => who.ask((tx, asker) => vault.clients.suspend(tx, asker, client, CASE));
const resume = (approval: ApprovalId) =>
  admin.ask((tx, asker) => vault.clients.resume(tx, asker, client, { approval }));
const remove = () => admin.ask((tx, asker) => vault.clients.remove(tx, asker, client, CASE));
/** As a start of the vault does with its file; the staff of these tests are none of its. */
const start = async (...clients: object[]) => {
  await vault.query(`UPDATE staff SET origin = 'console'`);
  await vault.unitOfWork.run((tx) => vault.registry.apply(tx, { clients, staff: [] } as never));
};
const inDays = (days: number) => new Date(vault.now() + days * DAY).toISOString();
/** Whom each credential lets in just now. */
const letIn = async (...credentials: Credential[]) => {
  const found = credentials.map((one) => vault.unitOfWork.single((tx) => vault.registry.lookUp(tx, one)));
  return (await Promise.all(found)).map((reply) => reply.client?.client ?? null);
};
const entryOf = async (action: string) =>
  (await vault.entries()).findLast((entry) => entry.action === `clients.${action}`);

describe('registering a client', () => {
  it('takes somebody else’s agreement to just this client', async () => {
    const waiting = await requested(vault, admin, 'clients.change', shop());
    await expect(register(waiting)).rejects.toThrow('approvals.not_approved');
    await approve(vault, officer, waiting);
    const others: Partial<Parameters>[] = [
      { client: `other-${count}` as ClientId },
      { use: 'health', purposes: [] },
      { purposes: ['delivery', 'support'] },
      { purposes: [] },
      { dpop: true },
      { credentials: [second] },
      { credentials: [first, second] },
    ];
    for (const other of others)
      await expect(register(waiting, other)).rejects.toThrow('approvals.other_parameters');
    expect(await letIn(first)).toEqual([null]);
    expect(await register(waiting)).toMatchObject({ client, state: 'active', origin: 'console' });
    expect(await letIn(first)).toEqual([client]);
  });

  it('is the same in whatever order purposes and credentials are named', async () => {
    const approval = await allow({ purposes: ['support', 'delivery'], credentials: [second, first] });
    const named = { purposes: ['delivery', 'support', 'delivery'], credentials: [first, second] };
    expect(await register(approval, named as Partial<Parameters>)).toMatchObject({
      purposes: ['delivery', 'support'],
    });
  });

  it('is not of somebody whose approval it is not, nor of one who is no admin', async () => {
    const other = await Member.appointed(vault, `other-${count}`, ['admin']);
    await expect(register(await allow(), {}, other)).rejects.toThrow('approvals.not_found');
    await expect(requested(vault, officer, 'clients.change', shop())).rejects.toThrow(
      'approvals.not_allowed',
    );
  });

  it('is done once by a hundred at once', async () => {
    const askers = [admin];
    for (const n of [1, 2, 3]) askers.push(await Member.appointed(vault, `asker-${count}-${n}`, ['admin']));
    const allowed: [Member, ApprovalId][] = [];
    for (const who of askers)
      allowed.push([who, await agreed(vault, [who, officer], 'clients.change', shop())]);
    const all = Array.from({ length: 100 }, (_, at) => {
      const [who, approval] = allowed[at % 4] as (typeof allowed)[0];
      return register(approval, {}, who);
    });
    expect((await outcomes(all)).done).toBe(1);
  });

  it('leaves an entry with names and digests, and no credential', async () => {
    const approval = await allow();
    await register(approval);
    const entry = await entryOf('register');
    expect(entry).toMatchObject({
      object: client,
      reason: CASE,
      details: { approval, use: 'identity', purposes: ['delivery'], dpop: false },
    });
    expect(JSON.stringify(entry)).not.toContain(first);
  });

  it('is never for both uses, and never for the other one under the same name', async () => {
    const approval = await allow();
    const both = { ...declared(), purposes: ['delivery', 'ingest'], approval };
    expect(registerClient.body?.safeParse(both).success).toBe(false);
    await expect(allow({ purposes: ['delivery', 'ingest'] })).rejects.toThrow();
    await register(approval);
    await remove();
    const health = { use: 'health', purposes: ['ingest'], credentials: [second] } as const;
    const other = { ...health, purposes: [...health.purposes], credentials: [...health.credentials] };
    await expect(register(await allow(other), other)).rejects.toThrow('clients.other_use');
  });

  it('gives back the name of one that was removed, by another credential', async () => {
    await registered();
    const again = await allow();
    await expect(register(again)).rejects.toThrow('clients.known');
    await suspend();
    await remove();
    await expect(register(await allow())).rejects.toThrow('clients.credential_known');
    expect(await registered({ credentials: [second] })).toMatchObject({ state: 'active' });
    expect(await letIn(first, second)).toEqual([null, client]);
  });

  it('takes no name that is taken for something else, and no text for a credential', () => {
    const parsed = (more: object) => registerClient.body?.safeParse({ ...declared(), ...more }).success;
    const approval = `apr_${'0'.repeat(32)}`;
    expect(parsed({ approval })).toBe(true);
    for (const name of ['console', '', 'A', 'a b', 'anna@example.org'])
      expect(parsed({ approval, client: name })).toBe(false);
    for (const text of ['anna@example.org', 'Anna Smith', '', 'ä', 'x'.repeat(256)])
      expect(parsed({ approval, credentials: [text] })).toBe(false);
    expect(parsed({ approval, credentials: [] })).toBe(false);
  });
});

describe('changing a client', () => {
  it('takes agreement to all that it is afterwards', async () => {
    await registered();
    const wider: Partial<Parameters> = { purposes: ['delivery', 'support'], vouchesFor: ['guardianships'] };
    await expect(change(await allow(), shop(wider))).rejects.toThrow('approvals.other_parameters');
    const approval = await allow(wider);
    expect(await change(approval, shop(wider))).toMatchObject(wider);
    expect((await entryOf('change'))?.details).toEqual({
      approval,
      purposes: ['delivery', 'support'],
      purposesBefore: ['delivery'],
      vouchesFor: ['guardianships'],
      vouchesForBefore: [],
      dpop: false,
      dpopBefore: false,
    });
  });

  it('is refused where the client has become another since it was asked for', async () => {
    await registered({ credentials: [first, second] });
    const approval = await allow({ credentials: [first, second], dpop: true });
    await retire(second);
    await expect(change(approval, shop({ dpop: true }))).rejects.toThrow('approvals.other_parameters');
    await suspend();
    const unsuspended = await allow({ dpop: true });
    await expect(change(unsuspended, shop({ dpop: true }))).rejects.toThrow('approvals.other_parameters');
    await change(await allow({ dpop: true, suspended: true }), shop({ dpop: true }));
    expect(await letIn(first)).toEqual([null]);
  });

  it('keeps to the purposes of its use', async () => {
    await registered();
    const health = shop({ purposes: ['ingest'] });
    await expect(change(await allow({ dpop: true }), health)).rejects.toThrow('purposes_of_other_use');
  });
});

describe('a second credential', () => {
  it('takes agreement, works beside the first, and outlives it', async () => {
    await registered();
    await expect(add(await allow())).rejects.toThrow('approvals.other_parameters');
    await add(await allow({ credentials: [first, second] }));
    expect(await letIn(first, second)).toEqual([client, client]);
    await retire(first, undefined, officer);
    expect(await letIn(first, second)).toEqual([null, client]);
    expect(JSON.stringify(await entryOf('retire_credential'))).not.toContain(first);
  });

  it('begins when it is said to', async () => {
    await registered();
    await add(await allow({ credentials: [first, second] }), second, inDays(1));
    expect(await letIn(second)).toEqual([null]);
    await vault.query(`UPDATE client_credential SET not_before = now() WHERE credential = $1`, [second]);
    expect(await letIn(second)).toEqual([client]);
  });

  it('is never one that is or was known, of whichever client', async () => {
    await registered();
    await retire();
    await expect(add(await allow({ credentials: [first] }), first)).rejects.toThrow('credential_known');
    client = `thief-${count}` as ClientId;
    await expect(register(await allow(), {})).rejects.toThrow('clients.credential_known');
    await registered({ credentials: [second] });
    await expect(add(await allow({ credentials: [first, second] }), first)).rejects.toThrow(
      'credential_known',
    );
    expect(await letIn(first)).toEqual([null]);
  });

  it('is one of eight at most', async () => {
    const eight = Array.from({ length: 8 }, (_, at) => `${first}-${at}` as Credential);
    await registered({ credentials: eight });
    await expect(add(await allow({ credentials: eight }))).rejects.toThrow('too_many_credentials');
  });
});

describe('retiring a credential', () => {
  it('is now, or at most ninety days away, and never put off', async () => {
    await registered({ credentials: [first, second] });
    for (const moment of [inDays(91), inDays(-1), inDays(0)])
      await expect(retire(first, moment)).rejects.toThrow('clients.time_out_of_range');
    await retire(first, inDays(30));
    await expect(retire(first, inDays(31))).rejects.toThrow('clients.credential_ends_earlier');
    await retire(first, inDays(2));
    expect(await letIn(first)).toEqual([client]);
    await retire(first);
    await expect(retire(first)).rejects.toThrow('clients.credential_ends_earlier');
    await expect(retire('unknown' as Credential)).rejects.toThrow('clients.credential_not_found');
    expect(await letIn(first, second)).toEqual([null, client]);
  });

  it('tells the apps in how long it ends', async () => {
    await registered();
    await retire(first, new Date(Date.now() + 60_000).toISOString());
    const found = await vault.unitOfWork.single((tx) => vault.registry.lookUp(tx, first));
    expect(found.client?.endsInMs).toBeGreaterThan(50_000);
    expect(found.client?.endsInMs).toBeLessThanOrEqual(60_000);
  });
});

describe('a suspension', () => {
  it('is one person’s, with a reason; lifting it takes two', async () => {
    await registered({ credentials: [first, second] });
    expect(await suspend(officer)).toMatchObject({ state: 'suspended' });
    expect(await letIn(first, second)).toEqual([null, null]);
    expect(await entryOf('suspend')).toMatchObject({ object: client, reason: CASE });
    await expect(suspend(admin)).rejects.toThrow('clients.suspended');
    const still = await allow({ credentials: [first, second], suspended: true });
    await expect(resume(still)).rejects.toThrow('approvals.other_parameters');
    expect(await resume(await allow({ credentials: [first, second] }))).toMatchObject({ state: 'active' });
    expect(await letIn(first, second)).toEqual([client, client]);
    await expect(resume(await allow({ credentials: [first, second] }))).rejects.toThrow('not_suspended');
  });

  it('is of the file’s clients, too, and outlives a start; nothing else of theirs is the console’s', async () => {
    const ofFile = { id: client, use: 'identity', revealPurposes: ['delivery'] };
    await start(ofFile);
    const own = client as string as Credential;
    const approval = await allow();
    const refused = [() => change(approval), () => add(approval), () => retire(own), remove];
    for (const ask of refused)
      await expect(ask()).rejects.toMatchObject({ code: 'clients.of_file', status: 409 });
    await suspend();
    expect(await letIn(own)).toEqual([null]);
    await start(ofFile);
    expect(await letIn(own)).toEqual([null]);
    await resume(await allow({ credentials: [own] }));
    expect(await letIn(own)).toEqual([client]);
  });
});

describe('the file', () => {
  it('leaves the console’s clients, and takes over whom it names, with its own credentials', async () => {
    await registered();
    await start();
    expect(await letIn(first)).toEqual([client]);
    await expect(start({ id: client, use: 'health', purposes: [] })).rejects.toThrow(
      'from identity to health',
    );
    await start({ id: client, use: 'identity', revealPurposes: [], credentials: [second] });
    expect(await letIn(first, second)).toEqual([null, client]);
    await start();
    expect(await letIn(first, second)).toEqual([null, null]);
  });
});

describe('a credential that the console has retired', () => {
  it('is not brought back by a file that takes the client over', async () => {
    await registered();
    await add(await allow({ credentials: [first, second] }));
    await retire(first);
    const ofFile = { id: client, use: 'identity', revealPurposes: [] };
    await expect(start({ ...ofFile, credentials: [first, second] })).rejects.toThrow(
      'retired by the console',
    );
    expect(await letIn(first, second)).toEqual([null, client]);
    await start({ ...ofFile, credentials: [second] });
    expect(await letIn(first, second)).toEqual([null, client]);
  });
});

describe('the table', () => {
  const sql = (text: string, ...values: unknown[]) => vault.query(text, values);

  it('has no client of both uses', async () => {
    await registered();
    await expect(sql(`UPDATE client SET purposes = '{ingest}' WHERE client_id = $1`, client)).rejects.toThrow(
      'client_never_both',
    );
  });

  it('changes no use, gives no credential away, and forgets neither, whoever asks it', async () => {
    await registered();
    const statements: [string, ...unknown[]][] = [
      [`UPDATE client SET use = 'health', reveal_purposes = '{}' WHERE client_id = $1`, client],
      ['UPDATE client SET client_id = $1 WHERE client_id = $2', `new-${count}`, client],
      ['UPDATE client_credential SET credential = $1 WHERE credential = $2', second, first],
      ['DELETE FROM client_credential WHERE credential = $1', first],
      ['TRUNCATE client_credential'],
    ];
    for (const [text, ...values] of statements)
      await expect(sql(text, ...values)).rejects.toMatchObject({ code: '23000' });
    await sql(`INSERT INTO client (client_id, use) VALUES ('stays', 'health') ON CONFLICT DO NOTHING`);
    await expect(sql(`DELETE FROM client WHERE client_id = 'stays'`)).rejects.toMatchObject({
      code: '23000',
    });
    const given = `UPDATE client_credential SET client_id = 'stays' WHERE credential = $1`;
    await expect(sql(given, first)).rejects.toMatchObject({ code: '23000' });
  });

  it('has each credential once, of a client that there is, and none that is a text', async () => {
    await registered();
    const insert = (credential: string, of: string) =>
      sql(
        `INSERT INTO client_credential (credential, client_id, origin) VALUES ($1, $2, 'file')`,
        credential,
        of,
      );
    await expect(insert(first, client)).rejects.toMatchObject({ constraint: 'client_credential_pk' });
    await expect(insert(second, 'nobody')).rejects.toMatchObject({ constraint: 'client_credential_of' });
    await expect(insert('anna@example.org', client)).rejects.toMatchObject({
      constraint: 'client_credential_text',
    });
  });
});

it('lists all, with what was removed and retired', async () => {
  await registered({ credentials: [first, second] });
  await retire();
  await remove();
  const { clients } = await admin.ask((tx, asker) => vault.clients.list(tx, asker));
  expect(clients.find((one) => one.client === client)).toMatchObject({
    state: 'removed',
    credentials: [
      { credential: first, notAfter: expect.any(String) as string },
      { credential: second, notAfter: expect.any(String) as string },
    ],
  });
  await expect(suspend()).rejects.toThrow('clients.not_found');
});
