import {
  type ConsentChanged,
  type ConsentEventKind,
  declinePermit,
  freezePermit,
  openPermit,
  type PurposeName,
} from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { GateReconciler } from '../../../apps/api/src/features/consent/index.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { testMachine } from '../../auditor/machine.fixture.js';
import { verifyCommand } from '../../verify/command.js';
import { InProcessVault } from './in-process-vault.js';

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

let people = 0;

class Person {
  private constructor(
    readonly personId: Buffer,
    private readonly secret: string,
  ) {}

  static async signedIn(): Promise<Person> {
    const name = await vault.enrol({ fields: { email: `n${++people}@example.org` } });
    return Person.of(await vault.personIdOf(name));
  }

  static async of(personId: Buffer): Promise<Person> {
    return new Person(personId, await api.openSession(sessionContent(await vault.sessionOf(personId))));
  }

  give = async (purpose: PurposeName) =>
    api.consent.give(await this.asker(), purpose, api.agreementTo(purpose));
  acknowledge = async (purpose: PurposeName) =>
    api.consent.acknowledge(await this.asker(), purpose, api.agreementTo(purpose));
  refuse = async (purpose: PurposeName) =>
    (await api.takingBack.refuse(await this.asker(), purpose, api.agreementTo(purpose))).state;
  object = async (purpose: PurposeName) =>
    (await api.takingBack.object(await this.asker(), purpose, 'app')).state;
  withdraw = async (purpose: PurposeName) =>
    (await api.takingBack.withdraw(await this.asker(), purpose)).state;
  history = async (purpose: PurposeName): Promise<ConsentEventKind[]> =>
    (await api.consents.history(await this.asker(), purpose)).events.map(({ kind }) => kind);
  state = async (purpose: PurposeName) =>
    (await api.consents.list(await this.asker())).find((one) => one.purpose === purpose)?.state;

  /** What the vault has of them for a purpose. */
  permits = (purpose: PurposeName) =>
    vault.query<{ state: string; pseudonym: Buffer | null; wrapped_key: Buffer | null }>(
      `SELECT state, pseudonym, wrapped_key FROM permit
       WHERE person_id = $1 AND purpose = $2 AND state <> 'destroyed'`,
      [this.personId, purpose],
    );

  private asker() {
    return api.asker(this.secret);
  }
}

const recordOf = ({ receipt }: Pick<ConsentChanged, 'receipt'>) =>
  (
    JSON.parse(Buffer.from(receipt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      'dpv:hasRecordOfActivity': Record<string, Record<string, string>>;
    }
  )['dpv:hasRecordOfActivity'];

async function isProven({ receipt }: Pick<ConsentChanged, 'receipt'>): Promise<boolean> {
  const files = { 'r.jws': receipt ?? '', 'keys.json': JSON.stringify({ keys: [api.signer.publicKey] }) };
  const run = testMachine(files);
  return (await verifyCommand(['--receipt', 'r.jws', '--keys', 'keys.json'], run.machine)) === 0;
}

const DECLINED = [{ state: 'declined', pseudonym: null, wrapped_key: null }];

describe('a no to what consent is asked for', () => {
  it('leaves neither pseudonym nor key, stands in every session, and is proven', async () => {
    const person = await Person.signedIn();
    const refused = await person.refuse('ingest');
    expect(refused).toMatchObject({ state: 'declined', permit: null, endsOn: null, dueOn: null });
    expect(await person.permits('ingest')).toEqual(DECLINED);
    expect(await isProven(refused)).toBe(true);
    expect(recordOf(refused)['dpv:hasDataSubject']).toEqual({ '@type': 'dpv:DataSubject' });
    expect(recordOf(refused)['dpv:hasConsentStatus']?.['@type']).toBe('dpv:ConsentRefused');
    const elsewhere = await Person.of(person.personId);
    expect(await elsewhere.state('ingest')).toBe('declined');
    expect(await elsewhere.history('ingest')).toEqual(['refused']);
  });

  it('said again changes nothing', async () => {
    const person = await Person.signedIn();
    await person.refuse('ingest');
    expect(await person.refuse('ingest')).toMatchObject({ state: 'declined', receipt: null });
    expect(await person.history('ingest')).toEqual(['refused']);
  });

  it('gives way to a yes, behind the same gate', async () => {
    const person = await Person.signedIn();
    await person.refuse('ingest');
    const elsewhere = await Person.of(person.personId);
    expect(await elsewhere.give('ingest')).toMatchObject({ state: 'open' });
    expect(await person.permits('ingest')).toMatchObject([{ state: 'open' }]);
    expect(await elsewhere.history('ingest')).toEqual(['refused', 'given']);
    expect(await elsewhere.withdraw('ingest')).toMatchObject({ state: 'frozen' });
  });

  it('takes back what was agreed to', async () => {
    const person = await Person.signedIn();
    await person.give('ingest');
    expect(await person.refuse('ingest')).toMatchObject({ state: 'frozen' });
    expect(await person.history('ingest')).toEqual(['given', 'withdrawn']);
  });

  it.each(['lost', 'unanswered', 'crash-before', 'crash-after'] as const)(
    'whose message is %s leaves what the next no or yes finishes',
    async (fault) => {
      for (const next of ['refuse', 'give'] as const) {
        const person = await Person.signedIn();
        line.failNext(declinePermit, fault);
        await expect(person.refuse('ingest')).rejects.toThrow();
        expect(await person[next]('ingest')).toMatchObject({ state: next === 'give' ? 'open' : 'declined' });
        expect(await person.permits('ingest')).toHaveLength(1);
      }
    },
  );

  it('of which the yes got lost is frozen by the reconciler, and the late yes is refused', async () => {
    for (const fault of ['lost', 'unanswered'] as const) {
      const person = await Person.signedIn();
      await person.refuse('ingest');
      line.failNext(openPermit, fault);
      await expect(person.give('ingest')).rejects.toThrow();
      await reconciled();
      expect(await person.state('ingest')).toBe('frozen');
      expect(await person.permits('ingest')).toMatchObject([
        { state: fault === 'lost' ? 'declined' : 'frozen' },
      ]);
      expect(await person.give('ingest')).toMatchObject({ state: 'open' });
    }
  });

  it('and a yes at the same time end as one of them', async () => {
    for (let round = 0; round < 20; round++) {
      const person = await Person.signedIn();
      const [one, other] = [await Person.of(person.personId), await Person.of(person.personId)];
      await Promise.allSettled([one.refuse('ingest'), other.give('ingest'), one.refuse('ingest')]);
      const [permit, ...more] = await person.permits('ingest');
      expect(more).toEqual([]);
      const gates = await api.query<{ state: string }>(
        `SELECT state FROM permit_gate WHERE state = 'open' AND gate_id IN
         (SELECT unnest($1::bytea[]))`,
        [(await gatesOf(person)).map(({ gate_id }) => gate_id)],
      );
      expect(gates).toHaveLength(permit?.state === 'open' ? 1 : 0);
    }
  });
});

const gatesOf = ({ personId }: Person) =>
  vault.query<{ gate_id: Buffer }>('SELECT gate_id FROM permit WHERE person_id = $1', [personId]);

/** What the worker does after a crash. */
async function reconciled(): Promise<void> {
  let now = 0;
  const reconciler = new GateReconciler(api.gates, api.outbox, api.unitOfWork, 60_000, () => now);
  await reconciler.run();
  now += 120_000;
  await reconciler.run();
  const messages = await api.query<{ payload: never }>('SELECT payload FROM outbox');
  for (const { payload } of messages) await api.vault.call(freezePermit, { body: payload });
  await api.query('DELETE FROM outbox');
}

describe('what rests on a legitimate interest', () => {
  const PURPOSE = 'fault-finding';

  it('begins when people were told of it, and ends with their objection', async () => {
    const person = await Person.signedIn();
    const begun = await person.acknowledge(PURPOSE);
    expect(begun).toMatchObject({ state: 'open' });
    expect(recordOf(begun)['dpv:hasStatus']?.['@type']).toBe('dpv:LegitimateInterestInformed');
    const objected = await person.object(PURPOSE);
    expect(objected).toMatchObject({ state: 'frozen' });
    expect(await isProven(objected)).toBe(true);
    expect(recordOf(objected)['dpv:hasStatus']?.['@type']).toBe('dpv:LegitimateInterestObjected');
    expect(await person.history(PURPOSE)).toEqual(['informed', 'objected']);
  });

  it.each(['object', 'withdraw'] as const)(
    'is not begun anew by telling them once more after they %s, but by a yes of their own',
    async (no) => {
      const person = await Person.signedIn();
      await person.acknowledge(PURPOSE);
      await person[no](PURPOSE);
      await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
      expect(await person.state(PURPOSE)).toBe('frozen');
      expect(await person.give(PURPOSE)).toMatchObject({ state: 'open' });
      expect(await person.history(PURPOSE)).toEqual(['informed', 'objected', 'renewed']);
    },
  );

  it('never begins for who objected before', async () => {
    const person = await Person.signedIn();
    expect(await person.object(PURPOSE)).toMatchObject({ state: 'declined' });
    const elsewhere = await Person.of(person.personId);
    await expect(elsewhere.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.permits(PURPOSE)).toEqual(DECLINED);
  });

  it('that ran out stays ended where they then object', async () => {
    const person = await Person.signedIn();
    await person.acknowledge(PURPOSE);
    await api.query(`UPDATE permit_gate SET ends_on = current_date WHERE purpose = $1 AND state = 'open'`, [
      PURPOSE,
    ]);
    await api.expiry.run();
    await person.object(PURPOSE);
    await person.object(PURPOSE);
    await expect(person.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    expect(await person.history(PURPOSE)).toEqual(['informed', 'expired', 'objected']);
  });

  it('is nothing that one can refuse, and consent nothing that one can be told of', async () => {
    const person = await Person.signedIn();
    const otherGround = { code: 'consent.other_ground' };
    await expect(person.refuse(PURPOSE)).rejects.toMatchObject(otherGround);
    await expect(person.acknowledge('ingest')).rejects.toMatchObject(otherGround);
    await expect(person.object('ingest')).rejects.toMatchObject(otherGround);
    expect(await gatesOf(person)).toEqual([]);
  });
});
