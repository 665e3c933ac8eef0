import { declinePermit, type GuardianshipId, type PurposeName } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

const SAID_NO = { code: 'consent.child_said_no', status: 409 };

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

async function family(purpose: PurposeName = 'ingest') {
  const made = await Family.of(vault);
  const { guardianship } = await made.record([purpose]);
  const guardian = await inPlaceOf(made, guardianship);
  const child = await api.openSession(sessionContent(await vault.sessionOf(made.childId)));
  return { made, guardianship, guardian, child };
}

async function inPlaceOf(made: Family, name: GuardianshipId): Promise<string> {
  return api.openSession(await api.sessions.redeem(await made.code(name)));
}

const give = async (who: string, purpose: PurposeName = 'ingest') =>
  api.consent.give(await api.asker(who), purpose, api.agreementTo(purpose));
const withdraw = async (who: string) => api.takingBack.withdraw(await api.asker(who), 'ingest');
const refuse = async (who: string) =>
  api.takingBack.refuse(await api.asker(who), 'ingest', api.agreementTo('ingest'));
const object = async (who: string) => api.takingBack.object(await api.asker(who), 'fault-finding', 'web');
const acknowledge = async (who: string) =>
  api.consent.acknowledge(await api.asker(who), 'fault-finding', api.agreementTo('fault-finding'));
const stateOf = async (who: string, wanted: PurposeName = 'ingest') =>
  (await api.consents.list(await api.asker(who))).find(({ purpose }) => purpose === wanted)?.state;

describe('a no that a child said itself', () => {
  it('to what was agreed to for it is not undone by who answers for it', async () => {
    const { guardian, child } = await family();
    await give(guardian);
    await withdraw(child);
    for (let n = 0; n < 2; n++) await expect(give(guardian)).rejects.toMatchObject(SAID_NO);
    expect(await stateOf(child)).toBe('frozen');
  });

  it('before anything began neither', async () => {
    const { guardian, child } = await family();
    await refuse(child);
    await expect(give(guardian)).rejects.toMatchObject(SAID_NO);
    expect(await stateOf(child)).toBe('declined');
  });

  it('nor is an objection', async () => {
    const { guardian, child } = await family('fault-finding');
    await acknowledge(guardian);
    await object(child);
    await expect(give(guardian, 'fault-finding')).rejects.toMatchObject(SAID_NO);
    await expect(acknowledge(guardian)).rejects.toMatchObject(SAID_NO);
    expect(await stateOf(child, 'fault-finding')).toBe('frozen');
  });

  it('holds also where a crash kept it from the data plane, and nobody can say whose it was', async () => {
    const { guardian, child } = await family();
    line.failNext(declinePermit, 'crash-after');
    await expect(refuse(child)).rejects.toThrow();
    await expect(give(guardian)).rejects.toMatchObject(SAID_NO);
  });
});

describe('a no that was said in its place', () => {
  it('is undone by who said it', async () => {
    const { guardian } = await family();
    await refuse(guardian);
    expect(await give(guardian)).toMatchObject({ state: 'open' });
    await withdraw(guardian);
    expect(await give(guardian)).toMatchObject({ state: 'open' });
  });
});
