import { toldPermits } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../../apps/vault/src/vault.fixture.js';
import { type OptingOut, OptOutStage } from './opt-out-stage.js';

let stage: OptOutStage;
let person: OptingOut;
beforeAll(async () => {
  stage = await OptOutStage.open('recommendation', 'fault-finding');
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.api.query('TRUNCATE opt_out_clock');
  stage.daysAhead = 0;
  person = await stage.signedIn();
  await stage.tell();
});

const endClocks = () => stage.optOuts.heard.endClocks();
const overdue = () => stage.api.unitOfWork.run((tx) => stage.optOuts.clocks.findOverdue(tx));
const heardOf = async () => (await stage.waiting()).map(({ event, purpose }) => `${event} ${purpose}`);

describe('a recipient', () => {
  it('that asks for withdrawals hears of an opt-out of what was agreed to', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    expect(await heardOf()).toContain('consent.withdrawn recommendation');
  });

  it.each([
    ['consent.withdrawn', ['consent.withdrawn']],
    ['consent.objected', ['consent.objected']],
    ['consent.objected', ['consent.withdrawn', 'consent.objected']],
  ] as const)('is told %s of a legitimate interest where it asks for %j', async (event, asked) => {
    await person.acknowledge('fault-finding');
    await stage.tell(...asked);
    await person.object('fault-finding');
    expect(await heardOf()).toEqual([`${event} fault-finding`]);
  });

  it('is told of what never began that it was refused, or objected to', async () => {
    await stage.tell('consent.withdrawn', 'consent.refused', 'consent.objected');
    await person.optOut();
    expect((await heardOf()).sort()).toEqual([
      'consent.objected fault-finding',
      'consent.refused recommendation',
    ]);
  });

  it('without a webhook isn’t waited for', async () => {
    await person.give('recommendation');
    await person.optOut();
    expect(await endClocks()).toBe(2);
    expect(await stage.clocks()).toMatchObject([{ done: true }, { done: true }]);
  });
});

describe('the clock of an opt-out', () => {
  beforeEach(() => stage.sell('recommendation'));
  afterAll(() => stage.sell('recommendation', 'fault-finding'));

  it('runs while anybody has still to hear that it ended, however it did', async () => {
    const ends = {
      'opt-out': () => Promise.resolve(),
      withdrawal: () => person.withdraw('recommendation'),
      time: async () => {
        await stage.api.query(`UPDATE permit_gate SET ends_on = current_date WHERE state = 'open'`);
        await stage.api.expiry.run();
      },
    };
    for (const end of Object.values(ends)) {
      person = await stage.signedIn();
      await person.give('recommendation');
      await stage.tell('consent.withdrawn');
      await end();
      await stage.api.query('TRUNCATE opt_out_clock');
      await person.optOut();
      // What the worker does once the vault can be reached.
      const { gate_id, epoch } = await gateOf(person);
      const freeze = { gate: encodeId('gat', gate_id) as never, epoch };
      await stage.vault.unitOfWork.run((tx) => stage.vault.permits.freeze(tx, API, freeze));
      expect(await stage.waiting()).toHaveLength(1);
      expect(await endClocks()).toBe(0);
      await stage.deliver();
      expect(await endClocks()).toBe(1);
      expect(await stage.clocks()).toEqual([{ kind: 'sale-or-sharing', done: true, lost: false }]);
    }
  });

  it('is never done where the message was given up and forgotten, and stays with the officer', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    await stage.giveUp();
    expect(await endClocks()).toBe(0);
    await stage.giveUpForGood();
    expect(await stage.waiting()).toMatchObject([{ state: 'lost' }]);
    expect(await endClocks()).toBe(1);
    expect(await endClocks()).toBe(0);
    expect(await stage.clocks()).toEqual([{ kind: 'sale-or-sharing', done: false, lost: true }]);
    stage.daysAhead = 60;
    expect(await overdue()).toMatchObject([{ purpose: 'recommendation', state: 'lost', count: 1 }]);
  });

  const removals = {
    'the endpoint': () => stage.tell(),
    'the client': () => stage.vault.query(`UPDATE client SET removed = true`),
  };
  const left = {
    waiting: () => Promise.resolve(),
    dead: () => stage.giveUp(),
    lost: () => stage.giveUpForGood(),
  };
  const cases = Object.keys(removals).flatMap((what) => Object.keys(left).map((state) => [what, state]));
  it.each(cases)('is never done where %s was removed while the message was %s', async (what, state) => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    await left[state as keyof typeof left]();
    expect(await stage.waiting()).toMatchObject([{ state }]);
    await removals[what as keyof typeof removals]();
    expect(await stage.waiting()).toEqual([]);
    expect(await endClocks()).toBe(1);
    expect(await stage.clocks()).toEqual([{ kind: 'sale-or-sharing', done: false, lost: true }]);
  });

  it.each([
    ['the endpoint', { done: true, lost: false }],
    ['the client', { done: false, lost: true }],
  ] as const)(
    'of later, after %s was removed and came again, is %j once that is heard',
    async (what, ended) => {
      await person.give('recommendation');
      await stage.tell('consent.withdrawn');
      await person.withdraw('recommendation');
      await removals[what]();
      await stage.tell('consent.withdrawn');
      await person.give('recommendation');
      await person.optOut();
      await stage.deliver();
      expect(await endClocks()).toBe(1);
      expect(await stage.clocks()).toMatchObject([ended]);
    },
  );

  it('knows nothing of it any more once the person is erased', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    await stage.tell();
    const unheard = () => stage.vault.query('SELECT FROM webhook_unheard');
    expect(await unheard()).not.toEqual([]);
    await stage.vault.query(
      `DELETE FROM webhook_unheard WHERE pseudonym NOT IN (SELECT pseudonym FROM client_pseudonym WHERE person_id = $1)`,
      [person.personId],
    );
    expect(await unheard()).toHaveLength(1);
    const { vault } = stage;
    const { erasure } = await vault.unitOfWork.run((tx) => vault.erasures.request(tx, API, person.personId));
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    expect(await unheard()).toEqual([]);
  });

  it('is done where what was given up is sent again and arrives', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    await stage.giveUp();
    stage.daysAhead = 60;
    expect(await overdue()).toMatchObject([{ state: 'waiting' }]);
    const [name] = await stage.vault.query<{ client_id: string }>('SELECT client_id FROM webhook_endpoint');
    await stage.vault.unitOfWork.run((tx) => stage.deliveries.revive(tx, name?.client_id ?? '', null));
    expect(await endClocks()).toBe(0);
    await stage.deliver();
    expect(await endClocks()).toBe(1);
    expect(await overdue()).toEqual([]);
  });

  it('is done where what came later arrived, though an earlier message never did', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.withdraw('recommendation');
    await stage.giveUpForGood();
    await person.give('recommendation');
    await person.optOut();
    expect(await endClocks()).toBe(0);
    await stage.deliver();
    expect(await stage.waiting()).toEqual([]);
    expect(await endClocks()).toBe(1);
    expect(await stage.clocks()).toMatchObject([{ done: true, lost: false }]);
  });

  it('is never done where the permit went before anybody could say', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    const { gate_id, epoch } = await gateOf(person);
    const gate = encodeId('gat', gate_id) as never;
    await stage.vault.unitOfWork.run((tx) => stage.vault.permits.destroy(tx, API, gate, epoch + 1));
    expect(await endClocks()).toBe(1);
    expect(await stage.clocks()).toMatchObject([{ done: false, lost: true }]);
  });

  it('ends with a yes of their own', async () => {
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    await person.give('recommendation');
    stage.daysAhead = 60;
    expect([await stage.clocks(), await overdue()]).toEqual([[], []]);
    await person.withdraw('recommendation');
    expect(await person.listed()).toMatchObject([{ state: 'stopped', dueOn: null, notAskedBefore: null }]);
  });

  it('doesn’t end with what was heard of the one before', async () => {
    await person.give('recommendation');
    await person.optOut();
    const answer = stage.line.delayNext(toldPermits);
    const ended = endClocks();
    await answer.underWay;
    await person.give('recommendation');
    await stage.tell('consent.withdrawn');
    await person.optOut();
    answer.release();
    expect(await ended).toBe(0);
    expect(await stage.clocks()).toMatchObject([{ done: false }]);
  });

  it('starts after an earlier no as well, which becomes an objection', async () => {
    const before = {
      refused: () => person.refuse('recommendation'),
      'given, withdrawn': async () => {
        await person.give('recommendation');
        await person.withdraw('recommendation');
      },
    };
    for (const [said, no] of Object.entries(before)) {
      person = await stage.signedIn();
      await no();
      const { view } = await person.optOut();
      expect(view.purposes[0]?.dueOn).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(view.purposes[0]?.notAskedBefore).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(view.purposes[0]?.receipt).toMatch(/^eyJ/);
      const kinds = (await person.expressed('recommendation')).map((event) => event.split(' ')[0]);
      expect(kinds.join(', ')).toBe(`${said}, objected`);
    }
  });

  it('starts where it had been objected to, of which there is no second event, and goes on when said again', async () => {
    await stage.sell('fault-finding');
    await person.object('fault-finding');
    const { view } = await person.optOut();
    expect(view.purposes).toMatchObject([{ state: 'stopped', receipt: null }]);
    expect(view.purposes[0]?.dueOn).not.toBeNull();
    expect(await person.expressed('fault-finding')).toEqual(['objected app']);
    stage.daysAhead = 30;
    expect((await person.optOut()).view).toEqual(view);
  });
});

async function gateOf({ personId }: OptingOut): Promise<{ gate_id: Buffer; epoch: number }> {
  const [permit] = await stage.vault.query<{ gate_id: Buffer }>(
    `SELECT gate_id FROM permit WHERE person_id = $1 AND purpose = 'recommendation' AND state <> 'destroyed'`,
    [personId],
  );
  const [gate] = await stage.api.query<{ gate_id: Buffer; epoch: number }>(
    'SELECT gate_id, epoch FROM permit_gate WHERE gate_id = $1',
    [permit?.gate_id],
  );
  if (!gate) throw new Error('no gate');
  return gate;
}
