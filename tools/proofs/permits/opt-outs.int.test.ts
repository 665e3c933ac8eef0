import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KnownPermits } from '../../../apps/api/src/features/consent/index.js';
import { OptOuts } from '../../../apps/api/src/features/opt-outs/opt-outs.service.js';
import { TEST_REGISTER } from '../../../apps/api/src/features/register/register.fixture.js';
import { Register } from '../../../apps/api/src/features/register/register.js';
import { RegisterStore } from '../../../apps/api/src/features/register/register.store.js';
import { TwoPlanes } from './two-planes.js';

const THIRD_PARTY = {
  name: 'A partner',
  address: 'A street 2',
  country: 'US',
  email: 'privacy@partner.example.test',
  role: 'controller' as const,
};
/** One purpose whose data a third party gets, and one with sensitive data that nobody comes for. */
const REGISTER = {
  ...TEST_REGISTER,
  purposes: {
    ...TEST_REGISTER.purposes,
    recommendation: {
      recipients: [THIRD_PARTY],
      notices: TEST_REGISTER.purposes.recommendation?.notices ?? {},
    },
  },
};

let planes: TwoPlanes;
let optOuts: OptOuts;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  const { vault, gates, takingBack, clocks, audit, unitOfWork } = planes.api;
  const register = await Register.publish(REGISTER, new RegisterStore(), unitOfWork);
  optOuts = new OptOuts(register, new KnownPermits(vault), gates, takingBack, clocks, audit, unitOfWork);
});
afterAll(() => planes.close());
beforeEach(() => planes.api.query('TRUNCATE opt_out_clock'));

describe('an opt-out', () => {
  it('of sale and sharing stops what third parties get, and nothing else', async () => {
    const person = await planes.signIn();
    await person.give('recommendation');
    await person.give('ingest');
    const made = await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    expect(made.purposes).toMatchObject([{ purpose: 'recommendation', state: 'stopped', doneOn: null }]);
    expect([await person.state('recommendation'), await person.state('ingest')]).toEqual(['frozen', 'open']);
    expect(await person.expressed('recommendation')).toEqual(['given web', 'objected web']);
  });

  it('to limit the use of sensitive data stops what nobody comes for, before it began as well', async () => {
    const person = await planes.signIn();
    await person.give('ingest');
    const made = await optOuts.make(await person.asker(), 'limit-use', 'app');
    expect(made.purposes.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['analytics stopped']);
    expect([await person.state('analytics'), await person.state('ingest')]).toEqual(['declined', 'open']);
  });

  it('is said by a browser once: a yes of their own later stands until it says so again', async () => {
    const person = await planes.signIn();
    await optOuts.heed(await person.asker());
    await optOuts.heed(await person.asker());
    expect(await person.expressed('recommendation')).toEqual(['objected signal']);
    await person.give('recommendation');
    expect((await optOuts.list(await person.asker()))[0]?.purposes).toMatchObject([
      { state: 'allowed', dueOn: null, notAskedBefore: null },
    ]);
    await optOuts.heed(await person.asker());
    expect(await person.state('recommendation')).toBe('frozen');
  });

  it('of several purposes leaves entries that no request joins', async () => {
    const person = await planes.signIn();
    await person.give('recommendation');
    await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    const joined = await planes.api.query(
      `SELECT 1 FROM audit_entry a JOIN audit_entry b ON convert_from(a.entry, 'UTF8')::json->>'requestId'
         = convert_from(b.entry, 'UTF8')::json->>'requestId'
       WHERE convert_from(a.entry, 'UTF8')::json->>'action' = 'opt_outs.make'
         AND convert_from(b.entry, 'UTF8')::json->>'action' = 'consent.object'`,
    );
    expect(joined).toEqual([]);
  });
});

describe('the clock of an opt-out', () => {
  const clock = async () =>
    (
      await planes.api.query<{ due: number; done: boolean }>(
        `SELECT due_on - received_on AS due, done_on IS NOT NULL AS done FROM opt_out_clock`,
      )
    )[0];
  const stop = () =>
    planes.api.clocks.stop(planes.api.unitOfWork, (gates) =>
      planes.vault.unitOfWork.run((tx) => planes.vault.permits.told(tx, gates)),
    );

  it('runs for fifteen business days, until every recipient has heard of it', async () => {
    const person = await planes.signIn();
    await person.give('recommendation');
    await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    const due = (await clock())?.due ?? 0;
    expect(due).toBeGreaterThanOrEqual(19);
    expect(due).toBeLessThanOrEqual(27);
    // A recipient that has still to hear of it.
    const endpoint = await waitingDelivery(person.personId);
    expect(await stop()).toBe(0);
    expect((await clock())?.done).toBe(false);
    await planes.vault.query('DELETE FROM webhook_delivery WHERE delivery_id = $1', [endpoint]);
    expect(await stop()).toBe(1);
    expect((await clock())?.done).toBe(true);
    expect(await stop()).toBe(0);
  });

  it('that ran out is told as overdue, by how many', async () => {
    const person = await planes.signIn();
    await person.give('recommendation');
    await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    expect(await planes.api.unitOfWork.run((tx) => planes.api.clocks.findOverdue(tx))).toEqual([]);
    await planes.api.query(`UPDATE opt_out_clock SET received_on = received_on - 60, due_on = due_on - 60`);
    expect(await planes.api.unitOfWork.run((tx) => planes.api.clocks.findOverdue(tx))).toMatchObject([
      { kind: 'sale-or-sharing', purpose: 'recommendation', count: 1 },
    ]);
  });

  /** As if somebody could not be reached just now. */
  async function waitingDelivery(personId: Buffer): Promise<Buffer> {
    const id = randomId();
    const [name] = await planes.vault.query<{ client_id: string; pseudonym: Buffer }>(
      'SELECT client_id, pseudonym FROM client_pseudonym WHERE person_id = $1',
      [personId],
    );
    await planes.vault.query(
      `INSERT INTO client (client_id, use) VALUES ($1, 'identity') ON CONFLICT DO NOTHING`,
      [name?.client_id],
    );
    await planes.vault.query(
      `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ($1, 'https://partner.example', '{consent.objected}')
       ON CONFLICT DO NOTHING`,
      [name?.client_id],
    );
    await planes.vault.query(
      `INSERT INTO webhook_delivery (delivery_id, client_id, pseudonym, event, purpose)
       VALUES ($1, $2, $3, 'consent.objected', 'recommendation')`,
      [id, name?.client_id, name?.pseudonym],
    );
    return id;
  }
});

it('names no person to whoever asks which objections were heard', async () => {
  const gate = encodeId('gat', randomId());
  expect(await planes.vault.unitOfWork.run((tx) => planes.vault.permits.told(tx, [gate as never]))).toEqual(
    [],
  );
});
