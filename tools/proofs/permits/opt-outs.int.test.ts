import { staff } from '@integument/authz';
import { type ConsentState, freezePermit, type GateId, type PurposeName } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionContent, TestApi, type TestOptOuts } from '../../../apps/api/src/api.fixture.js';
import { TEST_REGISTER } from '../../../apps/api/src/features/register/register.fixture.js';
import { Register } from '../../../apps/api/src/features/register/register.js';
import { RegisterStore } from '../../../apps/api/src/features/register/register.store.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

const THIRD_PARTY = {
  name: 'A partner',
  address: 'A street 2',
  country: 'US',
  email: 'privacy@partner.example.test',
  role: 'controller' as const,
};
const notices = TEST_REGISTER.purposes.analytics?.notices ?? {};
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

let vault: TestVault;
let api: TestApi;
let parts: TestOptOuts;
let optOuts: TestOptOuts['optOuts'];
let register: Register;
let daysAhead = 0;
beforeAll(async () => {
  vault = await TestVault.open();
  api = await TestApi.open(new InProcessVault(vault).asClient());
  register = await Register.publish(REGISTER, new RegisterStore(), api.unitOfWork);
  parts = api.optOuts(register, () => new Date(Date.now() + daysAhead * 86_400_000));
  optOuts = parts.optOuts;
});
afterAll(async () => {
  await api.close();
  await vault.close();
});
beforeEach(async () => {
  daysAhead = 0;
  await api.query('TRUNCATE opt_out_clock');
});

let people = 0;
async function signedIn() {
  const name = await vault.enrol({ fields: { email: `o${++people}@example.org` } });
  const personId = await vault.personIdOf(name);
  const secret = await api.openSession(sessionContent(await vault.sessionOf(personId)));
  const asker = () => api.asker(secret);
  return {
    personId,
    asker,
    give: async (purpose: PurposeName) => api.consent.give(await asker(), purpose, api.agreementTo(purpose)),
    states: async () => {
      const all: ConsentState[] = await api.consents.list(await asker());
      return Object.fromEntries(all.map(({ purpose, state }) => [purpose, state]));
    },
    history: async (purpose: PurposeName) =>
      (await api.consents.history(await asker(), purpose)).events.map(
        ({ kind, channel }) => `${kind} ${channel}`,
      ),
  };
}

describe('an opt-out', () => {
  it('of sale and sharing stops what third parties get, and nothing else', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await person.give('ingest');
    const { view } = await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    expect(view.purposes).toMatchObject([{ purpose: 'recommendation', state: 'stopped', doneOn: null }]);
    expect(await person.states()).toMatchObject({ recommendation: 'frozen', ingest: 'open' });
    expect(await person.history('recommendation')).toEqual(['given web', 'objected web']);
  });

  it('to limit the use of sensitive data stops what nobody comes for, before it began as well', async () => {
    const person = await signedIn();
    await person.give('ingest');
    const { view } = await optOuts.make(await person.asker(), 'limit-use', 'app');
    expect(view.purposes.map(({ purpose, state }) => `${purpose} ${state}`)).toEqual(['analytics stopped']);
    expect(await person.states()).toMatchObject({ analytics: 'declined', ingest: 'open' });
  });

  it('is said by a browser once: a yes of their own later stands until it says so again', async () => {
    const person = await signedIn();
    await optOuts.heed(await person.asker());
    await optOuts.heed(await person.asker());
    expect(await person.history('recommendation')).toEqual(['objected signal']);
    await person.give('recommendation');
    expect((await optOuts.list(await person.asker()))[0]?.purposes).toMatchObject([
      { state: 'allowed', dueOn: null, notAskedBefore: null },
    ]);
    await optOuts.heed(await person.asker());
    expect(await person.states()).toMatchObject({ recommendation: 'frozen' });
  });

  it('of several purposes leaves entries that no request joins', async () => {
    const file = {
      ...REGISTER,
      purposes: { ...REGISTER.purposes, analytics: { ...REGISTER.purposes.recommendation, notices } },
    };
    const both = await Register.publish(file, new RegisterStore(), api.unitOfWork);
    const person = await signedIn();
    await person.give('recommendation');
    const before = (await api.entries()).length;
    await api.optOuts(both).optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    const entries = (await api.entries()).slice(before);
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
      await api.query<{ due: number; done: boolean }>(
        `SELECT due_on - received_on AS due, done_on IS NOT NULL AS done FROM opt_out_clock`,
      )
    )[0];
  const stop = () => parts.heard.endClocks();
  const officer = {
    caller: staff({ id: 'ssn-officer', session: 'ssn-officer', roles: ['privacy-officer'] }),
    requestId: 'req-officer',
  };

  it('runs for fifteen business days, until every recipient has heard of it', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    const due = (await clock())?.due ?? 0;
    expect(due).toBeGreaterThanOrEqual(19);
    expect(due).toBeLessThanOrEqual(27);
    // A recipient that has still to hear of it.
    const endpoint = await waitingDelivery(person.personId);
    expect(await stop()).toBe(0);
    expect((await clock())?.done).toBe(false);
    await vault.query('DELETE FROM webhook_delivery WHERE delivery_id = $1', [endpoint]);
    expect(await stop()).toBe(1);
    expect((await clock())?.done).toBe(true);
    expect(await stop()).toBe(0);
  });

  it('that ran out is told as overdue, by how many', async () => {
    const person = await signedIn();
    await person.give('recommendation');
    await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
    expect(await optOuts.overdue(officer)).toEqual([]);
    daysAhead = 60;
    expect(await optOuts.overdue(officer)).toMatchObject([
      { kind: 'sale-or-sharing', purpose: 'recommendation', state: 'waiting', count: 1 },
    ]);
    expect((await api.entries()).at(-1)).toMatchObject({
      action: 'opt_outs.overdue',
      requestId: 'req-officer',
      count: 1,
    });
  });

  /** As if somebody could not be reached just now. */
  async function waitingDelivery(personId: Buffer): Promise<Buffer> {
    const id = randomId();
    const [name] = await vault.query<{ client_id: string; pseudonym: Buffer }>(
      'SELECT client_id, pseudonym FROM client_pseudonym WHERE person_id = $1',
      [personId],
    );
    await vault.query(`INSERT INTO client (client_id, use) VALUES ($1, 'identity') ON CONFLICT DO NOTHING`, [
      name?.client_id,
    ]);
    await vault.query(
      `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ($1, 'https://partner.example', '{consent.objected}')
       ON CONFLICT DO NOTHING`,
      [name?.client_id],
    );
    await vault.query(
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
  await optOuts.make(await person.asker(), 'sale-or-sharing', 'web');
  const gateOf = async ({ personId }: { personId: Buffer }) => {
    const [permit] = await vault.query<{ gate_id: Buffer }>(
      'SELECT gate_id FROM permit WHERE person_id = $1',
      [personId],
    );
    return encodeId('gat', permit?.gate_id ?? Buffer.alloc(16)) as GateId;
  };
  const [closed, open] = [await gateOf(person), await gateOf(other)];
  const [unknown, buried] = [encodeId('gat', randomId()) as GateId, encodeId('gat', randomId()) as GateId];
  await api.vault.call(freezePermit, { body: { gate: buried, epoch: 2 } });
  const told = vault.unitOfWork.run((tx) => vault.permits.told(tx, [closed, open, unknown, buried]));
  expect(await told).toEqual({ told: [closed], lost: [buried] });
});
