import { declinePermit } from '@integument/contracts';
import { decodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPT_OUT_TOPIC } from '../../../apps/api/src/features/opt-outs/index.js';
import { OptOutsController } from '../../../apps/api/src/features/opt-outs/opt-outs.controller.js';
import { API } from '../../../apps/vault/src/vault.fixture.js';
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

  it('the vault hears by the outbox though the session has ended meanwhile, and the next sign-in does the rest', async () => {
    const elsewhere = await stage.signedIn(person.personId);
    await elsewhere.give('recommendation');
    stage.line.isAway = true;
    await expect(person.optOut()).rejects.toMatchObject({ code: 'vault.unavailable' });
    const [note] = await notes();
    await expect(stage.optOuts.notes.handle(note?.payload)).rejects.toMatchObject({
      code: 'vault.unavailable',
    });
    stage.line.isAway = false;
    await stage.vault.query('DELETE FROM api_session WHERE person_id = $1', [person.personId]);
    expect(await stateOf('recommendation')).toBe('open');
    await stage.optOuts.notes.handle(note?.payload);
    expect((await kept()).map(({ kind }) => kind)).toEqual(['sale-or-sharing']);
    await stage.signedIn(person.personId);
    expect(await stateOf('recommendation')).toBe('frozen');
  });

  it('the vault hears of a session whose time is up, for a week', async () => {
    await person.optOut();
    const [note] = await notes();
    const { vault } = stage;
    const ended = (days: number) =>
      vault.query(
        `UPDATE opt_out_session SET kept_until = now() + $1 * interval '1 day' WHERE person_id = $2`,
        [7 - days, person.personId],
      );
    await vault.query(`UPDATE api_session SET expires_at = now() - interval '2 hours' WHERE person_id = $1`, [
      person.personId,
    ]);
    await ended(6);
    await vault.sessionsStore.deleteExpired(vault.unitOfWork);
    expect(await vault.query('SELECT FROM api_session WHERE person_id = $1', [person.personId])).toEqual([]);
    await vault.query('DELETE FROM opt_out');
    await stage.optOuts.notes.handle(note?.payload);
    expect(await kept()).toHaveLength(1);
    await ended(8);
    await vault.sessionsStore.deleteExpired(vault.unitOfWork);
    // It stays in the outbox, whose worker says so.
    await expect(stage.optOuts.notes.handle(note?.payload)).rejects.toMatchObject({
      code: 'permits.session_unknown',
    });
  });

  it('is nothing to be kept of who is being erased, or was', async () => {
    const { session } = (await person.asker()).caller.content;
    await person.optOut();
    const [note] = await notes();
    const { vault } = stage;
    const { erasure } = await vault.unitOfWork.run((tx) => vault.erasures.request(tx, API, person.personId));
    await stage.optOuts.notes.handle(note?.payload);
    await vault.unitOfWork.run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    await stage.optOuts.notes.handle(note?.payload);
    expect(await kept()).toEqual([]);
    expect(
      await vault.query('SELECT person_id FROM opt_out_session WHERE session = $1', [
        decodeId('ssn', session),
      ]),
    ).toEqual([{ person_id: null }]);
  });

  it('the vault remembers of no session in which somebody answers for a child', async () => {
    const { vault } = stage;
    const [guardian, child] = [person.personId, (await stage.signedIn()).personId];
    await vault.query(
      `INSERT INTO guardianship (guardianship, guardian_id, child_id, client_id, purposes, evidence, ends_on)
       VALUES ($1, $2, $3, 'shop', '{ingest}', '', current_date + 1)`,
      [randomId(), guardian, child],
    );
    const session = randomId();
    await vault.query(
      `INSERT INTO api_session (session, person_id, guardianship, expires_at)
       SELECT $1, child_id, guardianship, now() + interval '1 hour' FROM guardianship WHERE child_id = $2`,
      [session, child],
    );
    expect(await vault.query('SELECT FROM opt_out_session WHERE session = $1', [session])).toEqual([]);
  });
});
