import { declinePermit } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPT_OUT_TOPIC } from '../../../apps/api/src/features/opt-outs/index.js';
import { OptOutsController } from '../../../apps/api/src/features/opt-outs/opt-outs.controller.js';
import { type OptingOut, OptOutStage } from './opt-out-stage.js';

let stage: OptOutStage;
let person: OptingOut;
beforeAll(async () => {
  stage = await OptOutStage.open('recommendation', 'analytics');
});
afterAll(() => stage.close());
beforeEach(async () => {
  stage.line.isAway = false;
  await stage.api.query('TRUNCATE outbox');
  person = await stage.signedIn();
});

/** The newest entry of the opt-out itself: what was done, and of how many. */
async function entry() {
  const all = (await stage.api.entries()).filter(({ action }) => action === 'opt_outs.make');
  const { count, details } = all.at(-1) ?? {};
  return { count, ...details };
}
const stateOf = async (purpose: 'analytics' | 'recommendation') => {
  const permit = await person.permit(purpose);
  const [gate] = await stage.api.query<{ state: string }>(
    'SELECT state FROM permit_gate WHERE gate_id = $1',
    [permit?.gate_id],
  );
  return gate?.state;
};

describe('an opt-out of several purposes', () => {
  it('answers with how each stands, its times and its receipt, which exists once of what never began', async () => {
    await person.give('analytics');
    const { view, confirmed } = await person.optOut();
    expect(confirmed).toBe(true);
    expect(view.purposes.map(({ purpose, state }) => [purpose, state]).sort()).toEqual([
      ['analytics', 'stopped'],
      ['recommendation', 'stopped'],
    ]);
    for (const { receipt, dueOn } of view.purposes) {
      expect(receipt?.split('.')).toHaveLength(3);
      expect(dueOn).not.toBeNull();
    }
    expect(await entry()).toMatchObject({ count: 2, concerned: 2 });
    const again = await person.optOut();
    expect(again.view.purposes.map(({ receipt }) => receipt)).toEqual([null, null]);
  });

  it('stops the others where one fails, says so, and in the log what was done', async () => {
    await person.give('analytics');
    stage.line.failNext(declinePermit, 'lost');
    await expect(person.optOut()).rejects.toMatchObject({ code: 'vault.unavailable' });
    expect(await stateOf('analytics')).toBe('frozen');
    expect(await entry()).toMatchObject({ count: 1, concerned: 2 });
    expect((await person.optOut()).view.purposes).toHaveLength(2);
    expect(await stateOf('recommendation')).toBe('declined');
  });

  it('stops what goes on while the vault is away, and is answered by 202', async () => {
    await person.give('analytics');
    await person.give('recommendation');
    stage.line.isAway = true;
    const controller = new OptOutsController(stage.optOuts.optOuts);
    const asked = { params: { kind: 'sale-or-sharing' }, body: { channel: 'web' } } as never;
    const answer = await controller.make(await person.asker(), asked);
    expect(answer).toMatchObject({ status: 202 });
    stage.line.isAway = false;
    expect([await stateOf('analytics'), await stateOf('recommendation')]).toEqual(['frozen', 'frozen']);
    expect(await controller.make(await person.asker(), asked)).toMatchObject({ status: 200 });
  });

  it('stops first what the session knows to go on, where the vault is away and doesn’t say what else', async () => {
    await person.give('analytics');
    stage.line.isAway = true;
    await expect(person.optOut()).rejects.toMatchObject({ code: 'vault.unavailable' });
    stage.line.isAway = false;
    expect(await stateOf('analytics')).toBe('frozen');
    expect(await entry()).toMatchObject({ count: 1, concerned: 2 });
  });
});

describe('that somebody opted out', () => {
  const notes = () =>
    stage.api.query<{ payload: unknown }>('SELECT payload FROM outbox WHERE topic = $1', [OPT_OUT_TOPIC]);
  const kept = () => stage.vault.unitOfWork.run((tx) => stage.vault.optOuts.ofPerson(tx, person.personId));

  it('the vault hears at once, or by the outbox', async () => {
    stage.line.isAway = true;
    await expect(person.optOut()).rejects.toThrow();
    stage.line.isAway = false;
    expect(await kept()).toEqual([]);
    const [note] = await notes();
    for (let twice = 0; twice < 2; twice++) await stage.optOuts.notes.handle(note?.payload);
    const onDay = new Date().toISOString().slice(0, 10);
    expect(await kept()).toEqual([{ kind: 'sale-or-sharing', onDay, channel: 'web' }]);
    await person.optOut('limit-use');
    expect((await kept()).map(({ kind }) => kind)).toEqual(['limit-use', 'sale-or-sharing']);
  });

  it('is given up of a session that is over, and of no other', async () => {
    await person.optOut();
    const [note] = await notes();
    stage.line.isAway = true;
    await expect(stage.optOuts.notes.handle(note?.payload)).rejects.toMatchObject({
      code: 'vault.unavailable',
    });
    stage.line.isAway = false;
    await stage.vault.query('DELETE FROM api_session WHERE person_id = $1', [person.personId]);
    await stage.optOuts.notes.handle(note?.payload);
  });
});
