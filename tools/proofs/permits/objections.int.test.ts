import { destroyPermit, freezePermit, resumePermit, sessionPermits } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultsStore } from '../../../apps/api/src/features/faults/faults.store.js';
import type { PurposeData } from '../../../apps/api/src/features/permits/index.js';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import { FAULTS } from './in-process-vault.js';
import type { PersonSession } from './person-session.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const PURPOSE = 'fault-finding';
const DECLINED = [{ state: 'declined', pseudonym: null, wrapped_key: null }];

let planes: TwoPlanes;
let erase: () => Promise<number>;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  const store = new FaultsStore();
  const faults: PurposeData = { purpose: PURPOSE, erase: (tx, pseudonym) => store.erase(tx, pseudonym) };
  const erasures = planes.erasuresOf([faults, planes.api.ingestStore]);
  erase = () => erasures.eraseDue();
});
afterAll(() => planes.close());

/** Somebody who was told, of whom there is a report, and who has objected since. */
async function objecting() {
  const person = await planes.signIn();
  await person.acknowledge(PURPOSE);
  const pseudonym = await person.pseudonym(PURPOSE);
  await planes.api.unitOfWork.run((tx) => new FaultsStore().insert(tx, pseudonym, randomId(), randomId()));
  await person.object(PURPOSE);
  return { person, pseudonym };
}

const gateOf = async (person: PersonSession) => (await person.permits(PURPOSE))[0]?.gate_id;
const overdue = (gate: Buffer | undefined) =>
  planes.api.query(`UPDATE permit_gate SET due_on = current_date WHERE gate_id = $1 AND state = 'frozen'`, [
    gate,
  ]);
const reports = (pseudonym: Buffer) =>
  planes.api.query('SELECT 1 FROM fault_report WHERE pseudonym = $1', [pseudonym]);
const receipts = (gate: Buffer | undefined) =>
  planes.api.query('SELECT 1 FROM consent_receipt WHERE gate_id = $1', [gate]);

/** What there is when the day of the erasure is over. */
async function expectOnlyTheNo(person: PersonSession, pseudonym: Buffer): Promise<void> {
  const gate = await gateOf(person);
  expect(await person.permits(PURPOSE)).toMatchObject(DECLINED);
  const [row] = await planes.api.query(
    'SELECT state, pseudonym, subject, due_on FROM permit_gate WHERE gate_id = $1',
    [gate],
  );
  expect(row).toEqual({ state: 'declined', pseudonym: null, subject: null, due_on: null });
  expect([await reports(pseudonym), await receipts(gate)]).toEqual([[], []]);
}

/** Somebody of whom what began has run out by itself, and is due to be erased. */
async function runOut() {
  const person = await planes.signIn();
  await person.acknowledge(PURPOSE);
  const gate = await gateOf(person);
  await planes.api.query('UPDATE permit_gate SET ends_on = current_date WHERE gate_id = $1', [gate]);
  await planes.api.expiry.run();
  await planes.settle();
  await overdue(gate);
  return person;
}

/** The worker erases what is due, and this is done between its look and its call. @returns how many it erased */
async function erasedWhile(deed: () => Promise<unknown>): Promise<number> {
  const { vault } = planes.api;
  const call = vault.call.bind(vault);
  let isDone = false;
  vault.call = async (route, input) => {
    if (route.id === destroyPermit.id && !isDone) {
      isDone = true;
      await deed();
    }
    return call(route, input);
  };
  return erase().finally(() => {
    vault.call = call;
  });
}

describe('an objection to what was open', () => {
  it('stands when the data is erased, in every session, and nobody can begin it but they', async () => {
    const { person, pseudonym } = await objecting();
    const gate = await gateOf(person);
    await overdue(gate);
    expect(await erase()).toBe(1);
    await expectOnlyTheNo(person, pseudonym);
    expect(await gateOf(person)).toEqual(gate);
    for (const session of [person, await person.again()]) {
      expect(await session.state(PURPOSE)).toBe('declined');
      expect(await session.history(PURPOSE)).toEqual(['informed', 'objected']);
      await expect(session.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
      expect(await session.object(PURPOSE)).toMatchObject({ state: 'declined', receipt: null });
      await expect(session.withdraw(PURPOSE)).rejects.toMatchObject({ code: 'consent.not_given' });
    }
    expect(await erase()).toBe(0);
  });

  it.each(['the same session', 'another'])(
    'gives way to their own yes in %s, as another permit',
    async (where) => {
      const { person, pseudonym } = await objecting();
      await overdue(await gateOf(person));
      await erase();
      const session = where === 'another' ? await person.again() : person;
      expect(await session.give(PURPOSE)).toMatchObject({ state: 'open' });
      expect(await session.pseudonym(PURPOSE)).not.toEqual(pseudonym);
      expect(await session.history(PURPOSE)).toEqual(['informed', 'objected', 'given']);
      expect(await planes.contradictions()).toEqual([]);
      expect(await session.object(PURPOSE)).toMatchObject({ state: 'frozen' });
    },
  );

  it.each(FAULTS)('is kept the next time where the vault’s part was %s', async (fault) => {
    const { person, pseudonym } = await objecting();
    await overdue(await gateOf(person));
    planes.line.failNext(destroyPermit, fault);
    expect(await tolerating(erase())).not.toBe('answered');
    const elsewhere = await person.again();
    expect((await elsewhere.object(PURPOSE)).confirmed).toBe(true);
    await expect(elsewhere.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    await erase();
    await expectOnlyTheNo(person, pseudonym);
    expect(await person.history(PURPOSE)).toEqual(['informed', 'objected']);
  });

  it('to what had run out is kept, also where its erasure is on its way', async () => {
    const person = await runOut();
    expect(await erasedWhile(() => person.object(PURPOSE))).toBe(0);
    expect(await erase()).toBe(1);
    expect(await person.state(PURPOSE)).toBe('declined');
    expect(await person.history(PURPOSE)).toEqual(['informed', 'expired', 'objected']);
  });

  it.each(['lost', 'unanswered'] as const)(
    'of which the vault heard nothing for sure while its erasure is on its way is asked for again, and is kept then: %s',
    async (fault) => {
      const person = await runOut();
      await erasedWhile(async () => {
        planes.line.failNext(freezePermit, fault);
        const objected = person.object(PURPOSE);
        await expect(objected).rejects.toMatchObject({ code: 'vault.unavailable', status: 503 });
      });
      expect(await person.object(PURPOSE)).toMatchObject({ confirmed: true });
      await planes.settle();
      await erase();
      expect(await person.state(PURPOSE)).toBe('declined');
      for (const session of [person, await person.again()])
        await expect(session.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    },
  );

  it('is asked for again as long as the vault hears nothing of it, also where a yes came between of which it heard nothing', async () => {
    const person = await runOut();
    await erasedWhile(async () => {
      planes.line.failNext(resumePermit, 'lost');
      expect(await tolerating(person.give(PURPOSE))).toBe('refused');
      for (let n = 0; n < 2; n++) {
        planes.line.failNext(freezePermit, 'lost');
        await expect(person.object(PURPOSE)).rejects.toMatchObject({ code: 'vault.unavailable' });
      }
    });
    expect(await person.object(PURPOSE)).toMatchObject({ confirmed: true });
    await planes.settle();
    await erase();
    await expect((await person.again()).acknowledge(PURPOSE)).rejects.toMatchObject({
      code: 'consent.objected',
    });
  });

  it('to what the vault has erased already is kept by itself', async () => {
    const person = await runOut();
    planes.line.failNext(destroyPermit, 'crash-after');
    expect(await tolerating(erase())).toBe('crashed');
    expect(await person.object(PURPOSE)).toMatchObject({ state: 'declined' });
    await erase();
    await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.permits(PURPOSE)).toMatchObject(DECLINED);
    expect(await person.give(PURPOSE)).toMatchObject({ state: 'open' });
  });

  it('goes with the person', async () => {
    const { person } = await objecting();
    const gate = await gateOf(person);
    await overdue(gate);
    await erase();
    const { vault, api, erasures } = planes;
    await vault.unitOfWork.run((tx) => vault.erasures.request(tx, SHOP, person.personId));
    await erasures.carryOut();
    for (const plane of [vault, api]) {
      const table = plane === vault ? 'permit' : 'permit_gate';
      expect(await plane.query(`SELECT state FROM ${table} WHERE gate_id = $1`, [gate])).toEqual([
        { state: 'destroyed' },
      ]);
    }
  });
});

describe('what was withdrawn, and not objected to,', () => {
  it('is destroyed on its day as before', async () => {
    const person = await planes.signIn();
    await person.give();
    await person.withdraw();
    await planes.eraseWithdrawn(person.personId);
    expect(await person.permits()).toEqual([]);
    expect(await person.state()).toBe('none');
  });
});

describe('a no in a session that remembers what the vault alone has erased', () => {
  it.each(['withdraw', 'refuse'] as const)('closes what was given elsewhere since: %s', async (no) => {
    const person = await planes.signIn();
    await person.give();
    const old = await person.again();
    await person.withdraw();
    await planes.settle();
    planes.line.failNext(destroyPermit, 'crash-after');
    expect(await tolerating(planes.eraseWithdrawn(person.personId))).toBe('crashed');
    const elsewhere = await person.again();
    await elsewhere.give();
    expect(await elsewhere.store()).toBe(true);
    expect(await old[no]()).toMatchObject({ state: 'frozen' });
    expect(await elsewhere.store()).toBe(false);
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });

  it('is answered while the vault is away where nothing can have been erased yet', async () => {
    const person = await planes.signIn();
    await person.give();
    await person.withdraw();
    planes.line.failNext(sessionPermits, 'lost');
    expect(await person.withdraw()).toMatchObject({ state: 'frozen', receipt: null });
  });
});

describe('a refusal with words that are not current', () => {
  const stale = { notice: '0'.repeat(64) as never, channel: 'web' } as const;
  const refuse = async (person: PersonSession) =>
    (await planes.api.takingBack.refuse(await person.asker(), 'ingest', stale)).state;

  it('ends what is open all the same, and what is on its way', async () => {
    const person = await planes.signIn();
    await person.give();
    expect(await refuse(person)).toMatchObject({ state: 'frozen' });
    expect(await person.store()).toBe(false);
    expect(await refuse(person)).toMatchObject({ state: 'frozen', receipt: null });
  });

  it('is not kept where there is nothing to end', async () => {
    const person = await planes.signIn();
    await expect(refuse(person)).rejects.toMatchObject({ code: 'consent.notice_not_current' });
    expect(await person.permits()).toEqual([]);
    await person.refuse();
    expect(await refuse(person)).toMatchObject({ state: 'declined', receipt: null });
  });
});
