import { staff } from '@integument/authz';
import { freezePermit, type GateId } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OptingOut, OptOutStage } from './opt-out-stage.js';

let stage: OptOutStage;
beforeAll(async () => {
  stage = await OptOutStage.open();
});
afterAll(() => stage.close());
// One purpose whose data a third party gets; and there is one with sensitive data that nobody comes for.
beforeEach(async () => {
  stage.daysAhead = 0;
  await stage.sell('recommendation');
  await stage.api.query('TRUNCATE opt_out_clock');
});

const signedIn = () => stage.signedIn();

describe('an opt-out', () => {
  it('of sale and sharing stops what third parties get, and nothing else', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await person.give('ingest');
    const { view } = await person.optOut();
    expect(view.purposes).toMatchObject([{ purpose: 'recommendation', state: 'stopped', doneOn: null }]);
    expect(await person.states()).toMatchObject({ recommendation: 'frozen', ingest: 'open' });
    expect(await person.expressed('recommendation')).toEqual(['given web', 'objected web']);
  });

  it('to limit the use of sensitive data stops what nobody comes for, before it began as well', async () => {
    const person = await signedIn();
    await person.give('ingest');
    const { view } = await person.optOut('limit-use');
    expect(view.purposes.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['analytics stopped']);
    expect(await person.states()).toMatchObject({ analytics: 'declined', ingest: 'open' });
  });

  it('is said by a browser once: a yes of their own later stands until it says so again', async () => {
    const person = await signedIn();
    await stage.optOuts.optOuts.heed(await person.asker());
    await stage.optOuts.optOuts.heed(await person.asker());
    expect(await person.expressed('recommendation')).toEqual(['objected signal']);
    await person.give('recommendation');
    expect(await person.listed()).toMatchObject([{ state: 'allowed', dueOn: null, notAskedBefore: null }]);
    await stage.optOuts.optOuts.heed(await person.asker());
    expect(await person.states()).toMatchObject({ recommendation: 'frozen' });
  });

  it('of several purposes leaves entries that no request joins', async () => {
    await stage.sell('recommendation', 'analytics');
    const person = await signedIn();
    await person.give('recommendation');
    const before = (await stage.api.entries()).length;
    await person.optOut();
    const entries = (await stage.api.entries()).slice(before);
    expect(entries.map(({ action, purpose }) => `${action} ${purpose ?? ''}`.trim())).toEqual([
      'consent.object recommendation',
      'consent.object analytics',
      'opt_outs.make',
    ]);
    expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(entries.length);
  });
});

describe('the clock of an opt-out', () => {
  const clock = async () =>
    (
      await stage.api.query<{ due: number; done: boolean }>(
        `SELECT due_on - received_on AS due, done_on IS NOT NULL AS done FROM opt_out_clock`,
      )
    )[0];
  const stop = () => stage.optOuts.heard.endClocks();
  const officer = {
    caller: staff({ id: 'ssn-officer', session: 'ssn-officer', roles: ['privacy-officer'] }),
    requestId: 'req-officer',
  };

  it('runs for fifteen business days, until every recipient has heard of it', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await person.optOut();
    const due = (await clock())?.due ?? 0;
    expect(due).toBeGreaterThanOrEqual(19);
    expect(due).toBeLessThanOrEqual(27);
    // A recipient that has still to hear of it.
    const endpoint = await waitingDelivery(person.personId);
    expect(await stop()).toBe(0);
    expect((await clock())?.done).toBe(false);
    await stage.vault.query('DELETE FROM webhook_delivery WHERE delivery_id = $1', [endpoint]);
    expect(await stop()).toBe(1);
    expect((await clock())?.done).toBe(true);
    expect(await stop()).toBe(0);
  });

  it('that ran out is told as overdue, by how many', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await person.optOut();
    expect(await stage.optOuts.optOuts.overdue(officer)).toEqual([]);
    stage.daysAhead = 60;
    expect(await stage.optOuts.optOuts.overdue(officer)).toMatchObject([
      { kind: 'sale-or-sharing', purpose: 'recommendation', state: 'waiting', count: 1 },
    ]);
    expect((await stage.api.entries()).at(-1)).toMatchObject({
      action: 'opt_outs.overdue',
      requestId: 'req-officer',
      count: 1,
    });
  });

  /** As if somebody could not be reached just now. */
  async function waitingDelivery(personId: Buffer): Promise<Buffer> {
    const id = randomId();
    const [name] = await stage.vault.query<{ client_id: string; pseudonym: Buffer }>(
      'SELECT client_id, pseudonym FROM client_pseudonym WHERE person_id = $1',
      [personId],
    );
    await stage.vault.query(
      `INSERT INTO client (client_id, use) VALUES ($1, 'identity') ON CONFLICT DO NOTHING`,
      [name?.client_id],
    );
    await stage.vault.query(
      `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ($1, 'https://partner.example', '{consent.objected}')
       ON CONFLICT DO NOTHING`,
      [name?.client_id],
    );
    await stage.vault.query(
      `INSERT INTO webhook_delivery (delivery_id, client_id, pseudonym, event, purpose)
       VALUES ($1, $2, $3, 'consent.objected', 'recommendation')`,
      [id, name?.client_id, name?.pseudonym],
    );
    return id;
  }
});

it('names no person to whoever asks which ends were heard of', async () => {
  const [person, other] = [await signedIn(), await signedIn()];
  await person.give('recommendation');
  await other.give('ingest');
  await person.optOut();
  const gateOf = async (one: OptingOut, purpose: 'ingest' | 'recommendation') =>
    encodeId('gat', (await one.permit(purpose))?.gate_id ?? Buffer.alloc(16)) as GateId;
  const [closed, open] = [await gateOf(person, 'recommendation'), await gateOf(other, 'ingest')];
  const [unknown, buried] = [encodeId('gat', randomId()) as GateId, encodeId('gat', randomId()) as GateId];
  await stage.api.vault.call(freezePermit, { body: { gate: buried, epoch: 2 } });
  const told = stage.vault.unitOfWork.run((tx) =>
    stage.vault.permits.told(tx, [closed, open, unknown, buried]),
  );
  expect(await told).toEqual({ told: [closed], lost: [buried] });
});
