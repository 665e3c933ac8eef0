import { declinePermit, openPermit, type PurposeName } from '@integument/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { OptOutStage } from './opt-out-stage.js';
import { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const SAID_NO = { code: 'consent.child_said_no', status: 409 };

type Planes = Pick<TwoPlanes, 'api' | 'vault'>;

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

async function family(purpose: PurposeName = 'ingest', { vault, api }: Planes = planes) {
  const made = await Family.of(vault);
  /** Who answers for the child, as recorded now. */
  const recorded = async () => {
    const { guardianship } = await made.record([purpose]);
    const code = await made.code(guardianship);
    return { guardianship, guardian: await PersonSession.redeem(vault, api, made.childId, code) };
  };
  const { guardianship, guardian } = await recorded();
  const child = await PersonSession.begin(vault, api, made.childId);
  return { made, recorded, guardianship, guardian, child };
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

describe('a no that a child said itself where there was one in its place', () => {
  it.each(['withdraw', 'refuse'] as const)(
    'is written down beside a withdrawal, and holds: %s',
    async (no) => {
      const { guardian, child } = await family();
      await guardian.give();
      await guardian.withdraw();
      const said = await child[no]();
      expect(said).toMatchObject({ state: 'frozen', confirmed: true, receipt: expect.any(String) as string });
      expect(await child.expressed()).toEqual(['given guardian', 'withdrawn guardian', 'withdrawn web']);
      await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
      expect(await child[no]()).toMatchObject({ receipt: null });
    },
  );

  it('is written down beside a refusal, and holds', async () => {
    const { guardian, child } = await family();
    await guardian.refuse();
    await child.refuse();
    expect(await child.expressed()).toEqual(['refused guardian', 'refused web']);
    await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
  });

  it.each(['before', 'after'] as const)(
    'is written down beside an objection that was said %s anything began, and holds',
    async (when) => {
      const { guardian, child } = await family('fault-finding');
      if (when === 'after') await guardian.acknowledge('fault-finding');
      await guardian.object('fault-finding');
      await child.object('fault-finding');
      const nos = ['objected guardian', 'objected app'];
      expect((await child.expressed('fault-finding')).slice(-2)).toEqual(nos);
      await expect(guardian.give('fault-finding')).rejects.toMatchObject(SAID_NO);
      await planes.settle();
      expect(await planes.contradictions()).toEqual([]);
    },
  );

  it.each(['withdraw', 'refuse'] as const)(
    'holds where a yes over the first of them is on its way: %s',
    async (no) => {
      const { guardian, child } = await family();
      await guardian.refuse();
      const opened = planes.line.delayNext(openPermit);
      const given = tolerating(guardian.give());
      await opened.underWay;
      expect(await child[no]()).toMatchObject({ state: 'declined', receipt: expect.any(String) as string });
      opened.release();
      expect(await given).toBe('refused');
      await expect(guardian.give()).rejects.toMatchObject(SAID_NO);
      await planes.settle();
      expect(await child.state()).toBe('declined');
      expect(await child.expressed()).toEqual(['refused guardian', 'refused web']);
      expect(await planes.contradictions()).toEqual([]);
    },
  );

  it.each(['withdraw', 'refuse'] as const)(
    'holds against whoever answers for it next where the one before it had ended: %s',
    async (no) => {
      const { made, recorded, guardian, guardianship, child } = await family();
      await guardian.give();
      await made.end(guardianship);
      await planes.api.guardianshipEndings.carryOut();
      await child[no]();
      expect(await child.expressed()).toEqual(['given guardian', 'expired none', 'withdrawn web']);
      const next = await recorded();
      await expect(next.guardian.give()).rejects.toMatchObject(SAID_NO);
      expect(await child.state()).toBe('frozen');
    },
  );

  it('is forgotten with what was collected, on the day of the first', async () => {
    const { guardian, child } = await family();
    await guardian.give();
    await guardian.withdraw();
    const due = async () => (await child.list()).find(({ purpose }) => purpose === 'ingest')?.dueOn;
    const before = await due();
    await child.withdraw();
    expect(await due()).toBe(before);
    await planes.eraseWithdrawn(child.personId);
    expect(await child.state()).toBe('none');
  });
});

describe('an opt-out that a child made itself, and that stands,', () => {
  let stage: OptOutStage;
  beforeEach(async () => {
    stage = await OptOutStage.open();
  });
  afterEach(() => stage.close());

  /** The child opted out a day ago, when no third party got anything. */
  async function optedOut(purpose: PurposeName) {
    const made = await family(purpose, stage);
    await stage.optOuts.optOuts.make(await made.child.asker(), 'sale-or-sharing', 'app');
    await stage.vault.query('UPDATE opt_out SET on_day = on_day - 1');
    return made;
  }

  it('is its own no also where who answers for it brings it up', async () => {
    const { guardian, child } = await optedOut('fault-finding');
    await stage.sell('fault-finding');
    await expect(guardian.acknowledge('fault-finding')).rejects.toMatchObject(SAID_NO);
    expect(await child.expressed('fault-finding')).toEqual(['objected app']);
    await expect(guardian.give('fault-finding')).rejects.toMatchObject(SAID_NO);
  });

  it.each(['recommendation', 'fault-finding'] as const)(
    'is not overruled by a yes that is asked for: %s',
    async (purpose) => {
      const { guardian, child } = await optedOut(purpose);
      await stage.sell(purpose);
      await expect(guardian.give(purpose)).rejects.toMatchObject(SAID_NO);
      expect(await child.expressed(purpose)).toEqual(['objected app']);
      expect(await child.state(purpose)).toBe('declined');
    },
  );

  it('nor by one of a later day, before a third party got it', async () => {
    const { guardian, child } = await optedOut('recommendation');
    await guardian.give('recommendation');
    await stage.sell('recommendation');
    await expect(guardian.give('recommendation')).rejects.toMatchObject(SAID_NO);
    expect(await child.state('recommendation')).toBe('frozen');
  });

  it('and stops that when the child signs in', async () => {
    const { guardian, child } = await optedOut('recommendation');
    await guardian.give('recommendation');
    await stage.sell('recommendation');
    await stage.signedIn(child.personId);
    expect(await child.state('recommendation')).toBe('frozen');
    expect(await child.expressed('recommendation')).toEqual(['given guardian', 'objected app']);
  });
});
