import { declinePermit, type PurposeName } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

const SAID_NO = { code: 'consent.child_said_no', status: 409 };

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

async function family(purpose: PurposeName = 'ingest') {
  const { vault, api } = planes;
  const made = await Family.of(vault);
  const { guardianship } = await made.record([purpose]);
  const guardian = await PersonSession.redeem(vault, api, made.childId, await made.code(guardianship));
  return { guardian, child: await planes.signIn(made.childId) };
}

describe('a no that a child said itself', () => {
  it('to what was agreed to for it is not undone by who answers for it', async () => {
    const { guardian, child } = await family();
    await guardian.give();
    await child.withdraw();
    for (let n = 0; n < 2; n++) await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
    expect(await child.state()).toBe('frozen');
  });

  it('before anything began neither', async () => {
    const { guardian, child } = await family();
    await child.refuse();
    await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
    expect(await child.state()).toBe('declined');
  });

  it('nor is an objection', async () => {
    const { guardian, child } = await family('fault-finding');
    await guardian.acknowledge('fault-finding');
    await child.object('fault-finding');
    await expect(guardian.give('fault-finding')).rejects.toMatchObject(SAID_NO);
    await expect(guardian.acknowledge('fault-finding')).rejects.toMatchObject(SAID_NO);
    expect(await child.state('fault-finding')).toBe('frozen');
  });

  it('holds also where a crash kept it from the data plane, and nobody can say whose it was', async () => {
    const { guardian, child } = await family();
    planes.line.failNext(declinePermit, 'crash-after');
    await expect(child.refuse()).rejects.toThrow();
    await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
  });
});

describe('a no that was said in its place', () => {
  it('is undone by who said it', async () => {
    const { guardian } = await family();
    await guardian.refuse();
    expect(await guardian.give()).toMatchObject({ state: 'open' });
    await guardian.withdraw();
    expect(await guardian.give()).toMatchObject({ state: 'open' });
  });
});
