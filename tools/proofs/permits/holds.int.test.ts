import { staff } from '@integument/authz';
import {
  type BodyOf,
  dayAfter,
  dayOf,
  HOLD_DAYS_MOST,
  type HoldGround,
  type HoldId,
  type Pseudonym,
  recordHold,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FaultsStore } from '../../../apps/api/src/features/faults/faults.store.js';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import type { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

const OFFICER: Asker = {
  caller: staff({ id: 'olivia', session: 'ssn', roles: ['privacy-officer'] }),
  requestId: 'req-officer',
};
const TODAY = dayOf(Date.now());
const SOON = dayAfter(TODAY, 10);

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());
beforeEach(() => planes.wipe());

type Terms = Partial<Omit<BodyOf<typeof recordHold>, 'permit'>>;

async function hold(permit: Buffer, terms: Terms = {}) {
  const body = {
    permit: encodeId('psn', permit) as Pseudonym,
    ground: 'legal-claims' as HoldGround,
    until: SOON,
    reference: 'CASE-7',
    ...terms,
  };
  return planes.api.unitOfWork.run((tx) => planes.api.holds.record(tx, OFFICER, body));
}
const lift = (name: HoldId) => planes.api.unitOfWork.run((tx) => planes.api.holds.lift(tx, OFFICER, name));

/** Somebody with readings who has taken the purpose back, and whose time is up. */
async function overdue() {
  const person = await planes.signIn();
  await person.give();
  expect(await person.store()).toBe(true);
  const permit = await person.pseudonym();
  await person.withdraw();
  await due();
  return { person, permit };
}
const due = () => planes.api.query(`UPDATE permit_gate SET due_on = current_date WHERE state = 'frozen'`);
const eraseDue = () => planes.erasures.eraseDue();
const consent = async (person: PersonSession) =>
  (await person.list()).find(({ purpose }) => purpose === 'ingest');
const readings = async (permit: Buffer) =>
  (await planes.api.query('SELECT FROM reading_chunk WHERE pseudonym = $1', [permit])).length;
/** As if so many days had gone by since they were recorded. */
const daysLater = (days: number) =>
  planes.api.query(
    `ALTER TABLE permit_hold DISABLE TRIGGER USER; UPDATE permit_hold SET until_on = until_on - ${days};
     ALTER TABLE permit_hold ENABLE TRIGGER USER`,
  );

describe('what is kept on another ground', () => {
  it('is not erased when its time is up, and is processed by nobody', async () => {
    const { person, permit } = await overdue();
    await hold(permit);
    expect(await eraseDue()).toBe(0);
    expect([await readings(permit), await person.store(), await person.state()]).toEqual([
      1,
      false,
      'frozen',
    ]);
    const [gate] = await planes.api.query<never>(
      'SELECT gate_id, purpose, epoch FROM permit_gate WHERE pseudonym = $1',
      [permit],
    );
    const key = (use: 'process' | 'rights') => planes.api.keys.find(gate as never, use);
    expect([await key('process'), await key('rights')]).toEqual([null, expect.any(Buffer)]);
  });

  it('is shown to its person, with the ground and until when, and what was objected to as well', async () => {
    const person = await planes.signIn();
    await person.acknowledge('fault-finding');
    await hold(await person.pseudonym('fault-finding'), { ground: 'legal-obligation' });
    await person.object('fault-finding');
    await due();
    expect(await eraseDue()).toBe(0);
    expect((await person.list()).find(({ purpose }) => purpose === 'fault-finding')).toMatchObject({
      state: 'frozen',
      dueOn: dayAfter(SOON, 1),
      kept: [{ ground: 'legal-obligation', article: 'GDPR Art. 17(3)(b)', until: SOON }],
    });
    expect(await consent(person)).toMatchObject({ state: 'none', kept: [] });
  });

  it('is erased by the next round once that is lifted, and the hold goes with it', async () => {
    const { person, permit } = await overdue();
    const { hold: name } = await hold(permit);
    expect(await eraseDue()).toBe(0);
    expect(await lift(name)).toEqual({ hold: name, liftedOn: TODAY });
    expect(await lift(name)).toEqual({ hold: name, liftedOn: TODAY });
    expect(await consent(person)).toMatchObject({ dueOn: TODAY, kept: [] });
    expect(await eraseDue()).toBe(1);
    expect([await readings(permit), await person.state()]).toEqual([0, 'none']);
    expect(await planes.api.query('SELECT FROM permit_hold')).toEqual([]);
    await expect(lift(name)).rejects.toMatchObject({ code: 'holds.not_found' });
  });

  it('is erased by itself once the last day is over, and not before its own day', async () => {
    const { permit } = await overdue();
    await hold(permit);
    await daysLater(10);
    expect(await eraseDue()).toBe(0);
    await daysLater(1);
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date + 1 WHERE state = 'frozen'`);
    expect(await eraseDue()).toBe(0);
    await due();
    expect(await eraseDue()).toBe(1);
  });

  it('stays for as long as any hold of it stands', async () => {
    const { permit } = await overdue();
    const { hold: one } = await hold(permit);
    await hold(permit, { until: TODAY, reference: 'CASE-8' });
    await lift(one);
    expect(await eraseDue()).toBe(0);
    await daysLater(1);
    expect(await eraseDue()).toBe(1);
  });

  it('can be held before it is taken back, and renewed meanwhile', async () => {
    const person = await planes.signIn();
    await person.give();
    const permit = await person.pseudonym();
    await hold(permit);
    await person.withdraw();
    expect(await person.give()).toMatchObject({ state: 'open' });
    expect(await person.store()).toBe(true);
    await person.withdraw();
    await due();
    expect(await eraseDue()).toBe(0);
  });

  it('has no report of a fault that grows too old, unlike what nothing keeps', async () => {
    const { api } = planes;
    const faults = new FaultsStore();
    const permits: Buffer[] = [];
    for (let count = 0; count < 2; count++) {
      const { pseudonym } = await api.openGate('fault-finding');
      await api.unitOfWork.run((tx) => faults.insert(tx, pseudonym, randomId(), Buffer.alloc(1)));
      permits.push(pseudonym);
    }
    await api.query(
      `ALTER TABLE fault_report DISABLE TRIGGER USER; UPDATE fault_report SET on_day = on_day - 91;
       ALTER TABLE fault_report ENABLE TRIGGER USER`,
    );
    await hold(permits[0] as Buffer);
    await api.unitOfWork.run((tx) => faults.deleteOld(tx, 90));
    expect(await api.query('SELECT pseudonym FROM fault_report')).toEqual([{ pseudonym: permits[0] }]);
  });

  it('keeps nobody else’s', async () => {
    const [held, other] = [await overdue(), await overdue()];
    await hold(held.permit);
    expect(await eraseDue()).toBe(1);
    expect([await readings(held.permit), await readings(other.permit)]).toEqual([1, 0]);
  });

  it('goes with the whole erasure of its person, which says that it was held', async () => {
    const name = await planes.enrol();
    const person = await planes.signIn(await planes.vault.personIdOf(name));
    await person.give();
    const permit = await person.pseudonym();
    await person.store();
    await hold(permit);
    const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
    await planes.vault.unitOfWork.run((tx) => planes.vault.erasures.requestFor(tx, SHOP, name, reason, null));
    await planes.erasures.carryOut();
    expect([await readings(permit), await planes.api.query('SELECT FROM permit_hold')]).toEqual([0, []]);
    const last = (await planes.api.entries()).findLast(({ action }) => action === 'erasure.erase_permit');
    expect(last?.details).toEqual({ held: true });
  });
});

describe('a letter that foretells the erasure', () => {
  const letters = () =>
    planes.vault.query<{ days: number }>(
      `SELECT on_day - current_date AS days FROM letter WHERE template = 'erasure-planned' ORDER BY 1`,
    );
  beforeEach(() => planes.vault.query('DELETE FROM letter'));

  it('waits, and says the day that it is then', async () => {
    const { permit } = await overdue();
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date + 5 WHERE state = 'frozen'`);
    expect(await planes.api.letters.foretell()).toBe(1);
    await hold(permit);
    expect(await planes.api.letters.foretell()).toBe(0);
    await daysLater(4);
    expect([await planes.api.letters.foretell(), await planes.api.letters.foretell()]).toEqual([1, 0]);
    expect(await letters()).toEqual([{ days: 5 }, { days: 7 }]);
  });

  it('comes again where it is lifted', async () => {
    const { permit } = await overdue();
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date + 5 WHERE state = 'frozen'`);
    const { hold: name } = await hold(permit);
    expect(await planes.api.letters.foretell()).toBe(0);
    await lift(name);
    expect(await planes.api.letters.foretell()).toBe(1);
    expect(await letters()).toEqual([{ days: 5 }]);
  });
});

describe('a hold against an erasure at the same time', () => {
  it('is there and keeps everything, or is refused: never both, never neither', async () => {
    const tally = { held: 0, erased: 0 };
    for (let round = 0; round < 30; round++) {
      const { permit } = await overdue();
      const holding = hold(permit).then(
        () => true,
        (error: { code?: string }) => {
          if (!['holds.too_late', 'permits.not_found'].includes(error.code ?? '')) throw error;
          return false;
        },
      );
      const [isHeld] = await Promise.all([holding, eraseDue()]);
      expect(await readings(permit)).toBe(isHeld ? 1 : 0);
      tally[isHeld ? 'held' : 'erased']++;
      await planes.wipe();
    }
    expect(tally.held + tally.erased).toBe(30);
  });

  it('that waits for it is seen: what was due when it was looked for is held when it would set out', async () => {
    const { permit } = await overdue();
    const { api } = planes;
    const found = await api.unitOfWork.single((tx) => api.dueGates.find(tx));
    let setOut: Promise<unknown[]> | undefined;
    const body = {
      permit: encodeId('psn', permit) as Pseudonym,
      ground: 'legal-claims',
      until: SOON,
    } as const;
    await api.unitOfWork.run(async (tx) => {
      await api.holds.record(tx, OFFICER, { ...body, reference: 'CASE-7' });
      setOut = api.unitOfWork.run((other) => api.dueGates.setOut(other, found));
      await expect.poll(waiting).toBe(1);
    });
    expect(await setOut).toEqual([]);
    expect(await eraseDue()).toBe(0);
  });

  it('is too late once that has set out, until a yes that the vault agreed to', async () => {
    const { person, permit } = await overdue();
    const { api } = planes;
    await api.unitOfWork.run(async (tx) => api.dueGates.setOut(tx, await api.dueGates.find(tx)));
    await expect(hold(permit)).rejects.toMatchObject({ code: 'holds.too_late', status: 409 });
    await person.give();
    await hold(permit);
  });
});

describe('whoever records one', () => {
  it('is told what stands, with the case and without whose it is; the database has no case in the clear', async () => {
    const { permit } = await overdue();
    const { hold: name, ...told } = await hold(permit);
    expect(told).toEqual({
      purpose: 'ingest',
      ground: 'legal-claims',
      article: 'GDPR Art. 17(3)(e)',
      until: SOON,
      reference: 'CASE-7',
      recordedOn: TODAY,
    });
    const list = () => planes.api.unitOfWork.run((tx) => planes.api.holds.list(tx, OFFICER));
    expect(await list()).toEqual([{ hold: name, ...told }]);
    const rows = await planes.api.query('SELECT permit_hold::text AS row FROM permit_hold');
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('CASE-7').toString('hex'));
    await lift(name);
    expect(await list()).toEqual([]);
  });

  it('is on record, in the transaction of the effect, and so is the lifting', async () => {
    const { permit } = await overdue();
    const { hold: name } = await hold(permit);
    await lift(name);
    const [row] = await planes.api.query<{ subject: Buffer }>(
      'SELECT subject FROM permit_gate WHERE pseudonym = $1',
      [permit],
    );
    const about = { actor: { kind: 'staff', id: 'olivia' }, purpose: 'ingest', object: name };
    const subject = row?.subject.toString('base64url');
    const entries = (await planes.api.entries()).filter(({ object }) => object === name);
    expect(entries).toMatchObject([
      { action: 'holds.record', subject, ...about, details: { ground: 'legal-claims', until: SOON } },
      { action: 'holds.lift', subject, ...about },
    ]);
    expect(JSON.stringify(entries)).not.toContain('CASE-7');
  });

  it.each([
    ['yesterday', dayAfter(TODAY, -1)],
    ['a day too far ahead', dayAfter(TODAY, HOLD_DAYS_MOST + 1)],
  ])('is refused %s, and nothing has changed', async (_, until) => {
    const { permit } = await overdue();
    await expect(hold(permit, { until })).rejects.toMatchObject({
      code: 'holds.day_out_of_range',
      status: 422,
    });
    expect(await planes.api.query('SELECT FROM permit_hold')).toEqual([]);
    expect(await eraseDue()).toBe(1);
  });

  it('finds nobody by another name, nor what is erased', async () => {
    const { permit } = await overdue();
    expect(await eraseDue()).toBe(1);
    for (const none of [permit, randomId()])
      await expect(hold(none)).rejects.toMatchObject({ code: 'permits.not_found', status: 404 });
    const nobodys = encodeId('hld', randomId()) as HoldId;
    await expect(lift(nobodys)).rejects.toMatchObject({ code: 'holds.not_found', status: 404 });
  });

  it.each([
    ['a ground that is none', { ground: 'convenience' }],
    ['a name for a case', { reference: 'Anna Schmidt' }],
    ['no case', { reference: undefined }],
    ['a time in place of a day', { until: `${SOON}T00:00:00Z` }],
    ['no day', { until: '2026-02-30' }],
    ['a person', { permit: 'anna@example.org' }],
    ['more than there is to say', { note: 'owes us money' }],
  ])('can’t say %s', (_, part) => {
    const right = {
      permit: encodeId('psn', randomId()),
      ground: 'legal-claims',
      until: SOON,
      reference: 'CASE-7',
    };
    expect(recordHold.body?.safeParse(right).success).toBe(true);
    expect(recordHold.body?.safeParse({ ...right, ...part }).success).toBe(false);
  });

  it('changes nothing of it afterwards, whoever tries', async () => {
    const { permit } = await overdue();
    const { hold: name } = await hold(permit);
    const change = (set: string) =>
      planes.api.query(`UPDATE permit_hold SET ${set} WHERE hold_id = $1`, [decodeId('hld', name)]);
    await expect(change(`until_on = until_on + 1`)).rejects.toMatchObject({ code: 'IG003' });
    await lift(name);
    await expect(change('lifted_on = NULL')).rejects.toMatchObject({ code: 'IG003' });
  });
});

/** How many wait for a lock. */
async function waiting(): Promise<number> {
  const rows = await planes.api.query(
    `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return rows.length;
}
