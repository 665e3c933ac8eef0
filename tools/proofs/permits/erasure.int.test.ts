import {
  type ClientPseudonym,
  destroyPermit,
  type ErasureId,
  erasureCompleted,
  erasureGatesClosed,
  freezePermit,
  type PurposeName,
  pendingErasures,
  type RouteContract,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { ConsentStore } from '../../../apps/api/src/features/consent/index.js';
import { ErasureService } from '../../../apps/api/src/features/erasure/index.js';
import type { Gate, PurposeData } from '../../../apps/api/src/features/permits/index.js';
import { SHOP, TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { Crash, type Fault, InProcessVault } from './in-process-vault.js';

const PURPOSES = ['ingest', 'recommendation'] as const;

let vault: TestVault;
let line: InProcessVault;
let api: TestApi;
let erasures: ErasureService;
const forgotten: string[] = [];

beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
  // The recommender's own forgetting has its own tests; here counts only when it is asked to.
  const recommendation: PurposeData = {
    purpose: 'recommendation',
    forget: async (gates: readonly Gate[]) => {
      for (const gate of gates) {
        const keys = await api.keys.findMany([gate], 'forget');
        forgotten.push(`${gate.gate_id.toString('hex')} with ${keys.size} key`);
      }
    },
    erase: async (tx, pseudonym) => {
      await tx.query('DELETE FROM preference_event WHERE pseudonym = $1', [pseudonym]);
    },
  };
  const data = [api.ingestStore, recommendation];
  const { gates, keys, sessionsStore, audit, unitOfWork } = api;
  erasures = new ErasureService(
    gates,
    keys,
    sessionsStore,
    data,
    new ConsentStore(),
    line.asClient(),
    audit,
    unitOfWork,
  );
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

let people = 0;

/** Somebody with readings and events, whose API session is open. */
async function somebody() {
  const email = `e${++people}@example.org`;
  const name = (await vault.enrol({ fields: { email } })) as ClientPseudonym;
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const secret = await api.openSession(sessionContent(session));
  for (const purpose of PURPOSES)
    await api.consent.give(await api.asker(secret), purpose, api.agreementTo(purpose));
  const asker = await api.asker(secret);
  const gates = asker.caller.permits.map(({ gate }) => decodeId('gat', gate));
  const pseudonymOf = (purpose: PurposeName) => api.permits.pseudonymOf(asker.caller, purpose, undefined);
  await api.permits.through(pseudonymOf('ingest'), 'ingest', (tx, leave) =>
    api.ingest.storeBatch(tx, asker, leave, {
      batch: '00000000-0000-4000-8000-000000000000',
      stream: 'heart-rate',
      readings: [[Date.UTC(2026, 5, 1), 60]],
    }),
  );
  await api.query("INSERT INTO preference_event VALUES ($1, '\\x01', '')", [pseudonymOf('recommendation')]);
  return {
    name,
    secret,
    gates,
    ingest: pseudonymOf('ingest'),
    recommendation: pseudonymOf('recommendation'),
  };
}
type Somebody = Awaited<ReturnType<typeof somebody>>;

async function erase({ name }: Somebody): Promise<ErasureId> {
  const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
  return (await vault.unitOfWork.run((tx) => vault.erasures.requestFor(tx, SHOP, name, reason, null)))
    .erasure;
}

/** What is left of somebody in the data plane. */
async function left({ gates, secret, ingest, recommendation }: Somebody) {
  const [row] = await api.query<{ readings: number; events: number; gates: number }>(
    `SELECT (SELECT count(*)::int FROM reading_chunk WHERE pseudonym = $1) AS readings,
       (SELECT count(*)::int FROM preference_event WHERE pseudonym = $2) AS events,
       (SELECT count(*)::int FROM permit_gate WHERE gate_id = ANY($3) AND state <> 'destroyed') AS gates`,
    [ingest, recommendation, gates],
  );
  const session = await api.unitOfWork.run((tx) => api.sessions.find(tx, secret));
  if (!row) throw new Error('a count without a row');
  return { ...row, session: session !== null };
}
const NOTHING = { readings: 0, events: 0, gates: 0, session: false };
const stateOf = async (erasure: ErasureId) =>
  (
    await vault.query<{ state: string }>('SELECT state FROM erasure WHERE erasure_id = $1', [
      decodeId('ers', erasure),
    ])
  )[0]?.state;

/** As the worker does every half second, until nothing is left to do; a crash is a new worker. */
async function carryOut(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    try {
      if ((await erasures.carryOut()) === 0) return;
    } catch (error) {
      if (!(error instanceof Crash) && (error as { status?: number }).status !== 503) throw error;
    }
  }
}

describe('an erasure', () => {
  it('leaves nothing in the data plane and nobody else is touched', async () => {
    const [gone, stays] = [await somebody(), await somebody()];
    const erasure = await erase(gone);
    await carryOut();
    expect(await left(gone)).toEqual(NOTHING);
    expect(await stateOf(erasure)).toBe('completed');
    expect(await left(stays)).toEqual({ readings: 1, events: 1, gates: 2, session: true });
  });

  it('takes with it what somebody said no to, for which there was no key', async () => {
    const gone = await somebody();
    const { takingBack } = api;
    await takingBack.refuse(await api.asker(gone.secret), 'analytics', api.agreementTo('analytics'));
    const declined = () => api.query(`SELECT FROM permit_gate WHERE state = 'declined'`);
    expect(await declined()).toHaveLength(1);
    const erasure = await erase(gone);
    await carryOut();
    expect(await declined()).toEqual([]);
    expect(await left(gone)).toEqual(NOTHING);
    const [row] = await vault.query<{ keys_destroyed: number }>(
      'SELECT keys_destroyed FROM erasure WHERE erasure_id = $1',
      [decodeId('ers', erasure)],
    );
    // The person's own and those of two permits.
    expect(row?.keys_destroyed).toBe(3);
  });

  it('lets what was learned be forgotten while the key still opens', async () => {
    const gone = await somebody();
    forgotten.length = 0;
    await erase(gone);
    await carryOut();
    expect(forgotten).toHaveLength(1);
    expect(forgotten[0]).toContain('with 1 key');
  });

  it('makes every copy unreadable: the keys are nowhere any more, whatever they are asked for', async () => {
    const gone = await somebody();
    const before = await vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM permit WHERE wrapped_key IS NOT NULL',
    );
    await erase(gone);
    await carryOut();
    const after = await vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM permit WHERE wrapped_key IS NOT NULL',
    );
    expect(after).toHaveLength(before.length - 2);
    for (const gate of gone.gates) {
      const [found] = await api.unitOfWork.single((tx) => api.gates.findMany(tx, [gate]));
      for (const use of ['process', 'rights', 'forget'] as const)
        expect(found && (await api.keys.find(found, use))).toBeNull();
    }
  });

  const STEPS: readonly RouteContract[] = [pendingErasures, erasureGatesClosed, erasureCompleted];
  const FAULTS: readonly Fault[] = ['lost', 'unanswered', 'crash-before', 'crash-after'];
  const cases = STEPS.flatMap((step) => FAULTS.map((fault) => [step.id, fault, step] as const));

  it.each(cases)('is finished though %s was %s', async (_, fault, step) => {
    const gone = await somebody();
    const erasure = await erase(gone);
    line.failNext(step, fault);
    await carryOut();
    expect(line.hasFailed).toBe(true);
    expect(await left(gone)).toEqual(NOTHING);
    expect(await stateOf(erasure)).toBe('completed');
    const done = (await vault.entries())
      .filter(({ object }) => object === erasure)
      .map(({ action }) => action);
    expect(done).toEqual(['people.erase', 'erasure.gates_closed', 'erasure.completed']);
  });

  it('wins against consent that is given while it runs', async () => {
    for (let round = 0; round < 5; round++) {
      const gone = await somebody();
      const asker = await api.asker(gone.secret);
      await api.takingBack.withdraw(asker, 'ingest');
      const giving = api.consent.give(asker, 'ingest', api.agreementTo('ingest')).catch(() => undefined);
      await Promise.all([giving, erase(gone).then(carryOut)]);
      await carryOut();
      expect(await left(gone)).toEqual(NOTHING);
    }
  });
});

describe('several erasures', () => {
  it('do not wait for one that fails', async () => {
    const both = [await somebody(), await somebody()];
    for (const person of both) await erase(person);
    line.failNext(erasureGatesClosed, 'lost');
    await expect(erasures.carryOut()).rejects.toMatchObject({ code: 'vault.unavailable' });
    const gates = await Promise.all(both.map(async (person) => (await left(person)).gates));
    expect(gates.sort()).toEqual([0, 2]);
    await carryOut();
    for (const person of both) expect(await left(person)).toEqual(NOTHING);
  });
});

describe('what stays withdrawn until its time is up', () => {
  const overdue = (gates: Buffer[]) =>
    api.query("UPDATE permit_gate SET due_on = current_date WHERE gate_id = ANY($1) AND state = 'frozen'", [
      gates,
    ]);

  it('is erased then, key and rows, and not before', async () => {
    const person = await somebody();
    await api.takingBack.withdraw(await api.asker(person.secret), 'ingest');
    expect(await erasures.eraseDue()).toBe(0);
    await overdue(person.gates);
    expect(await erasures.eraseDue()).toBe(1);
    expect(await left(person)).toMatchObject({ readings: 0, events: 1, gates: 1, session: true });
    expect(
      (await api.consent.give(await api.asker(person.secret), 'ingest', api.agreementTo('ingest'))).state,
    ).toBe('open');
  });

  it.each<Fault>(['lost', 'unanswered', 'crash-before', 'crash-after'])(
    'is erased the next time where the vault’s part was %s',
    async (fault) => {
      const person = await somebody();
      await api.takingBack.withdraw(await api.asker(person.secret), 'ingest');
      await overdue(person.gates);
      line.failNext(destroyPermit, fault);
      await expect(erasures.eraseDue()).rejects.toThrow();
      await erasures.eraseDue();
      expect(await left(person)).toMatchObject({ readings: 0, gates: 1 });
    },
  );

  it('waits where the vault has not heard of the withdrawal yet, and keeps nobody busy with it', async () => {
    const person = await somebody();
    line.failNext(freezePermit, 'lost');
    await api.takingBack.withdraw(await api.asker(person.secret), 'ingest');
    await overdue(person.gates);
    expect(await erasures.eraseDue()).toBe(0);
    expect(await left(person)).toMatchObject({ readings: 1, gates: 2 });
  });

  it('and is renewed at the last moment is kept: the others are erased all the same', async () => {
    const [renewed, late] = [await somebody(), await somebody()];
    for (const { secret } of [renewed, late])
      await api.takingBack.withdraw(await api.asker(secret), 'ingest');
    await overdue([...renewed.gates, ...late.gates]);
    // Between the worker's look and its call: as if the renewal had come just then.
    const findDue = api.gates.findDue.bind(api.gates);
    api.gates.findDue = async (tx) => {
      const due = await findDue(tx);
      due.sort((a) => (renewed.gates.some((gate) => gate.equals(a.gate_id)) ? -1 : 1));
      await api.consent.give(await api.asker(renewed.secret), 'ingest', api.agreementTo('ingest'));
      return due;
    };
    await erasures.eraseDue().finally(() => {
      api.gates.findDue = findDue;
    });
    expect(await left(renewed)).toMatchObject({ readings: 1, gates: 2 });
    expect(await left(late)).toMatchObject({ readings: 0, gates: 1 });
  });
});
