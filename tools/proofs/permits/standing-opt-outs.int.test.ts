import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TEST_REGISTER } from '../../../apps/api/src/features/register/register.fixture.js';
import { API } from '../../../apps/vault/src/vault.fixture.js';
import { type OptingOut, OptOutStage } from './opt-out-stage.js';

let stage: OptOutStage;
let person: OptingOut;
beforeAll(async () => {
  stage = await OptOutStage.open();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.sell();
  person = await stage.signedIn();
});

/** As if they had opted out the day before. */
const yesterday = () => stage.vault.query('UPDATE opt_out SET on_day = on_day - 1');
const again = () => stage.signedIn(person.personId);

describe('an opt-out that stands', () => {
  it('reaches what a third party gets from then on, when they sign in', async () => {
    await person.give('recommendation');
    expect((await person.optOut()).view.purposes).toEqual([]);
    await stage.sell('recommendation');
    expect(await person.states()).toMatchObject({ recommendation: 'open' });
    const later = await again();
    expect(await later.states()).toMatchObject({ recommendation: 'frozen' });
    expect(await later.expressed('recommendation')).toEqual(['given web', 'objected web']);
    expect(await later.listed()).toMatchObject([{ purpose: 'recommendation', state: 'stopped' }]);
    expect((await later.listed())[0]?.dueOn).not.toBeNull();
    expect(await (await again()).expressed('recommendation')).toHaveLength(2);
  });

  it('reaches nobody who made none', async () => {
    await person.give('recommendation');
    await person.optOut('limit-use');
    await stage.sell('recommendation');
    expect(await (await again()).states()).toMatchObject({ recommendation: 'open' });
  });

  it('leaves a yes of a later day alone', async () => {
    await person.optOut();
    await yesterday();
    await person.give('recommendation');
    await stage.sell('recommendation');
    expect(await (await again()).states()).toMatchObject({ recommendation: 'open' });
  });

  it('leaves a yes alone that came after the objection, on the same day as well', async () => {
    await stage.sell('recommendation');
    await person.optOut();
    await person.give('recommendation');
    expect(await (await again()).states()).toMatchObject({ recommendation: 'open' });
  });

  it('leaves alone what they say yes to in the very moment', async () => {
    await person.give('recommendation');
    await person.optOut();
    await stage.sell('recommendation');
    const gate = (await person.permit('recommendation'))?.gate_id ?? Buffer.alloc(16);
    const asker = await person.asker();
    const content = { ...asker.caller.content, optOuts: [{ kind: 'sale-or-sharing' }] } as never;
    let carried: Promise<void> | undefined;
    await stage.api.unitOfWork.run(async (tx) => {
      await stage.api.gates.lock(tx, gate);
      carried = stage.optOuts.standing.carryOn({ ...asker, caller: { ...asker.caller, content } });
      await expect.poll(waiting).toBe(1);
      // As a yes of tomorrow: events know days.
      await tx.query(
        `INSERT INTO consent_event (gate_id, number, epoch, kind, notice, channel, on_day)
         SELECT gate_id, number + 1, epoch, 'renewed', notice, channel, on_day + 1 FROM consent_event WHERE gate_id = $1`,
        [gate],
      );
    });
    await carried;
    expect(await person.states()).toMatchObject({ recommendation: 'open' });
    expect(await person.expressed('recommendation')).toEqual(['given web', 'renewed web']);
  });

  const waiting = async () =>
    (
      await stage.api.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
    )[0]?.n;

  it('keeps from beginning what nobody is asked for, also where it was made in another session', async () => {
    const elsewhere = await again();
    await elsewhere.optOut();
    await stage.sell('fault-finding');
    await expect(person.acknowledge('fault-finding')).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.states()).toMatchObject({ 'fault-finding': 'declined' });
    expect(await person.expressed('fault-finding')).toEqual(['objected web']);
    expect(await person.give('fault-finding')).toMatchObject({ state: 'open' });
    expect(await (await again()).states()).toMatchObject({ 'fault-finding': 'open' });
  });

  it('lets begin what it doesn’t concern', async () => {
    await person.optOut();
    await stage.sell('recommendation');
    expect(await person.acknowledge('fault-finding')).toMatchObject({ state: 'open' });
  });

  it('goes with the person', async () => {
    await person.optOut();
    const kept = () => stage.vault.query('SELECT kind FROM opt_out WHERE person_id = $1', [person.personId]);
    expect(await kept()).toHaveLength(1);
    const { vault } = stage;
    const { erasure } = await vault.unitOfWork.run((tx) => vault.erasures.request(tx, API, person.personId));
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    expect(await kept()).toEqual([]);
  });

  it('is of its latest day, in whatever order the vault hears of it', async () => {
    const session = (await person.asker()).caller.content.session;
    const keep = (onDay: string) =>
      stage.vault.unitOfWork.run((tx) =>
        stage.vault.optOuts.keep(tx, API, { session, kind: 'limit-use', onDay, channel: 'web' }),
      );
    for (const day of ['2026-03-02', '2026-03-03', '2026-03-01']) await keep(day);
    const kept = await stage.vault.unitOfWork.run((tx) => stage.vault.optOuts.ofPerson(tx, person.personId));
    expect(kept).toEqual([{ kind: 'limit-use', onDay: '2026-03-03', channel: 'web' }]);
  });
});

it('limiting the use of sensitive data reaches what is offered no more', async () => {
  await person.give('analytics');
  const { analytics: _, ...offered } = TEST_REGISTER.purposes;
  await stage.start(offered);
  const { view } = await person.optOut('limit-use');
  expect(view.purposes).toMatchObject([{ purpose: 'analytics', state: 'stopped' }]);
  expect(await person.states()).toMatchObject({ analytics: 'frozen' });
});

it('opting out of sale and sharing reaches what is offered no more, and goes on to a third party', async () => {
  await person.give('recommendation');
  const { recommendation: _, ...offered } = TEST_REGISTER.purposes;
  await stage.start(offered);
  expect((await person.optOut()).view.purposes).toEqual([]);
  await stage.sell('recommendation');
  await stage.start(offered);
  const { view } = await person.optOut();
  expect(view.purposes).toMatchObject([{ purpose: 'recommendation', state: 'stopped' }]);
  expect(await person.states()).toMatchObject({ recommendation: 'frozen' });
});
