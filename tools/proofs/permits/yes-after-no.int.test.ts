import { declinePermit, openPermit, resumePermit } from '@integument/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { FAULTS } from './in-process-vault.js';
import { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterEach(() => {
  planes.vault.ahead = 0;
});
afterAll(() => planes.close());

const DECLINED = [{ state: 'declined', pseudonym: null, wrapped_key: null }];
const PURPOSE = 'fault-finding';

/** How a gate and its permit stand: both halves with their epochs. */
async function halves(person: PersonSession, purpose: 'fault-finding' | 'ingest') {
  const [permit] = await person.permits(purpose);
  const sql = 'SELECT state, epoch FROM';
  const [gate] = await planes.api.query(`${sql} permit_gate WHERE gate_id = $1`, [permit?.gate_id]);
  const [half] = await planes.vault.query(`${sql} permit WHERE gate_id = $1`, [permit?.gate_id]);
  return { gate, half };
}

/** Somebody who said no, and of whose yes after that nothing came. */
async function undecided(fault: (typeof FAULTS)[number], purpose: 'fault-finding' | 'ingest' = 'ingest') {
  const person = await planes.signIn();
  await (purpose === 'ingest' ? person.refuse(purpose) : person.object(purpose));
  planes.line.failNext(openPermit, fault);
  expect(await tolerating(person.give(purpose))).not.toBe('answered');
  expect(planes.line.hasFailed).toBe(true);
  return person;
}

describe.each(FAULTS)('a yes after a no, of which the message was %s,', (fault) => {
  it('is undone by the worker, and the no stands at both planes', async () => {
    const person = await undecided(fault);
    await planes.settle();
    expect(await person.state()).toBe('declined');
    expect(await person.permits()).toMatchObject(DECLINED);
    const { gate, half } = await halves(person, 'ingest');
    expect(half).toEqual(gate);
    expect(await person.history()).toEqual(['refused']);
    expect(await planes.contradictions()).toEqual([]);
  });

  it('leaves nobody without a way to say no again', async () => {
    for (const when of ['at once', 'before the vault has heard', 'when all is settled'] as const) {
      const person = await undecided(fault);
      if (when === 'before the vault has heard') await reconciled();
      if (when === 'when all is settled') await planes.settle();
      expect(await person.refuse(), when).toMatchObject({ state: 'declined', receipt: null });
      const elsewhere = await person.again();
      expect(await elsewhere.refuse(), when).toMatchObject({ state: 'declined', confirmed: true });
      await planes.settle();
      expect(await person.permits(), when).toMatchObject(DECLINED);
      expect(await person.history()).toEqual(['refused']);
    }
  });

  it('leaves them the objection, to what rests on an interest as well', async () => {
    for (const settle of [() => Promise.resolve(), reconciled, () => planes.settle()]) {
      const person = await undecided(fault, PURPOSE);
      await settle();
      expect(await person.object(PURPOSE)).toMatchObject({ state: 'declined', confirmed: true });
      await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
      await planes.settle();
      expect(await person.permits(PURPOSE)).toMatchObject(DECLINED);
    }
  });

  it('can be said again, and stands whatever comes late', async () => {
    for (const settle of [() => Promise.resolve(), reconciled, () => planes.settle()]) {
      const person = await undecided(fault);
      await settle();
      expect(await person.give()).toMatchObject({ state: 'open' });
      await planes.settle();
      expect(await person.store()).toBe(true);
      expect(await person.history()).toEqual(['refused', 'given']);
      expect(await planes.contradictions()).toEqual([]);
    }
  });

  it('is over where it is taken back', async () => {
    const person = await undecided(fault);
    expect(await person.withdraw()).toMatchObject({ state: 'declined' });
    await planes.settle();
    expect(await person.permits()).toMatchObject(DECLINED);
  });

  it('has nobody written to about an erasure of nothing', async () => {
    const person = await undecided(fault);
    await planes.settle();
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date + 5 WHERE state = 'frozen'`);
    await planes.api.letters.foretell();
    const letters = await planes.vault.query('SELECT template FROM letter WHERE person_id = $1', [
      person.personId,
    ]);
    expect(letters).toEqual([]);
  });
});

/** The worker has looked, and its message has still to be sent. */
async function reconciled(): Promise<void> {
  await planes.reconciler.run();
  planes.clock.advance({ minutes: 2 });
  await planes.reconciler.run();
}

describe('a no of which the platform has not heard', () => {
  it('stands in the history of the yes that came next', async () => {
    const person = await planes.signIn();
    planes.line.failNext(declinePermit, 'crash-after');
    expect(await tolerating(person.refuse())).toBe('crashed');
    expect(await person.give()).toMatchObject({ state: 'open' });
    expect(await person.history()).toEqual(['refused', 'given']);
  });

  it('stays where they may not agree', async () => {
    const family = await Family.of(planes.vault);
    const child = await planes.signIn(family.childId);
    planes.line.failNext(declinePermit, 'crash-after');
    expect(await tolerating(child.refuse())).toBe('crashed');
    await expect(child.give()).rejects.toMatchObject({ code: 'consent.under_age' });
    expect(await child.refuse()).toMatchObject({ state: 'declined' });
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });
});

describe('a yes that they may not say', () => {
  it('closes at the vault what another yes has opened through it, and is erased on its day', async () => {
    const family = await Family.of(planes.vault);
    const { guardianship } = await family.record(['ingest']);
    const code = await family.code(guardianship);
    const guardian = await PersonSession.redeem(planes.vault, planes.api, family.childId, code);
    await guardian.give();
    await guardian.withdraw();
    await planes.settle();
    const child = await planes.signIn(family.childId);
    // Refused, and the answer is on its way; meanwhile who answers for the child joins the opening.
    const refused = planes.line.delayNext(resumePermit);
    const childs = tolerating(child.give());
    await refused.underWay;
    const resumed = planes.line.delayNext(resumePermit);
    const guardians = tolerating(guardian.give());
    await resumed.underWay;
    refused.release();
    expect(await childs).toBe('refused');
    resumed.release();
    expect(await guardians).toBe('refused');
    await planes.settle();
    const { gate, half } = await halves(child, 'ingest');
    expect(gate).toMatchObject({ state: 'frozen' });
    expect(half).toEqual(gate);
    await planes.eraseWithdrawn(family.childId);
    expect(await child.permits()).toEqual([]);
  });
});
