import {
  destroyPermit,
  type ErasureId,
  erasureCompleted,
  erasureGatesClosed,
  freezePermit,
  pendingErasures,
  type RouteContract,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureService } from '../../../apps/api/src/features/erasure/index.js';
import type { Gate, PurposeData } from '../../../apps/api/src/features/permits/index.js';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import { Crash } from './crash.js';
import { FAULTS } from './in-process-vault.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
let erasures: ErasureService;
const forgotten: string[] = [];

beforeAll(async () => {
  planes = await TwoPlanes.open();
  // The recommender's own forgetting has its own tests; here counts only when it is asked to.
  const recommendation: PurposeData = {
    purpose: 'recommendation',
    forget: async (gates: readonly Gate[]) => {
      for (const gate of gates) {
        const keys = await planes.api.keys.findMany([gate], 'forget');
        forgotten.push(`${gate.gate_id.toString('hex')} with ${keys.size} key`);
      }
    },
    erase: async (tx, pseudonym) => {
      await tx.query('DELETE FROM preference_event WHERE pseudonym = $1', [pseudonym]);
    },
  };
  erasures = planes.erasuresOf([planes.api.ingestStore, recommendation]);
});
afterAll(() => planes.close());

/** Somebody with readings and events, whose API session is open. */
async function somebody() {
  const name = await planes.enrol();
  const person = await planes.signIn(await planes.vault.personIdOf(name));
  await person.give('ingest');
  await person.give('recommendation');
  expect(await person.store()).toBe(true);
  const [ingest, recommendation] = [
    await person.pseudonym('ingest'),
    await person.pseudonym('recommendation'),
  ];
  await planes.api.query("INSERT INTO preference_event VALUES ($1, '\\x01', '')", [recommendation]);
  const { permits } = (await person.asker()).caller;
  return { name, person, gates: permits.map(({ gate }) => decodeId('gat', gate)), ingest, recommendation };
}
type Somebody = Awaited<ReturnType<typeof somebody>>;

async function erase({ name }: Somebody): Promise<ErasureId> {
  const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
  return (
    await planes.vault.unitOfWork.run((tx) => planes.vault.erasures.requestFor(tx, SHOP, name, reason, null))
  ).erasure;
}

/** What is left of somebody in the data plane. */
async function left({ gates, person, ingest, recommendation }: Somebody) {
  const [row] = await planes.api.query<{ readings: number; events: number; gates: number }>(
    `SELECT (SELECT count(*)::int FROM reading_chunk WHERE pseudonym = $1) AS readings,
       (SELECT count(*)::int FROM preference_event WHERE pseudonym = $2) AS events,
       (SELECT count(*)::int FROM permit_gate WHERE gate_id = ANY($3) AND state <> 'destroyed') AS gates`,
    [ingest, recommendation, gates],
  );
  if (!row) throw new Error('a count without a row');
  return { ...row, session: await person.isOpen() };
}
const NOTHING = { readings: 0, events: 0, gates: 0, session: false };
const stateOf = async (erasure: ErasureId) =>
  (
    await planes.vault.query<{ state: string }>('SELECT state FROM erasure WHERE erasure_id = $1', [
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
    await gone.person.refuse('analytics');
    const declined = () => planes.api.query(`SELECT FROM permit_gate WHERE state = 'declined'`);
    expect(await declined()).toHaveLength(1);
    const erasure = await erase(gone);
    await carryOut();
    expect(await declined()).toEqual([]);
    expect(await left(gone)).toEqual(NOTHING);
    const [row] = await planes.vault.query<{ keys_destroyed: number }>(
      'SELECT keys_destroyed FROM erasure WHERE erasure_id = $1',
      [decodeId('ers', erasure)],
    );
    // The person's own and those of two permits.
    expect(row?.keys_destroyed).toBe(3);
  });

  it('holds their gates in the order in which others hold many, so that nobody waits in a circle', async () => {
    const gone = await somebody();
    const [first, last] = [...gone.gates].sort((one, other) => one.compare(other));
    await erase(gone);
    await planes.vault.query(`UPDATE erasure SET gates = ARRAY[$1, $2]::bytea[] WHERE state = 'requested'`, [
      last,
      first,
    ]);
    let carried: Promise<void> | undefined;
    await planes.api.unitOfWork.run(async (tx) => {
      await tx.query('SELECT FROM permit_gate WHERE gate_id = $1 FOR UPDATE', [first]);
      carried = carryOut();
      await expect.poll(waiting).toBe(1);
      await tx.query('SELECT FROM permit_gate WHERE gate_id = $1 FOR UPDATE NOWAIT', [last]);
    });
    await carried;
    expect(await left(gone)).toEqual(NOTHING);
  });

  const waiting = async () =>
    (
      await planes.api.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
    )[0]?.n;

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
    const before = await planes.vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM permit WHERE wrapped_key IS NOT NULL',
    );
    await erase(gone);
    await carryOut();
    const after = await planes.vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM permit WHERE wrapped_key IS NOT NULL',
    );
    expect(after).toHaveLength(before.length - 2);
    for (const gate of gone.gates) {
      const [found] = await planes.api.unitOfWork.single((tx) => planes.api.gates.findMany(tx, [gate]));
      for (const use of ['process', 'rights', 'forget'] as const)
        expect(found && (await planes.api.keys.find(found, use))).toBeNull();
    }
  });

  const STEPS: readonly RouteContract[] = [pendingErasures, erasureGatesClosed, erasureCompleted];
  const cases = STEPS.flatMap((step) => FAULTS.map((fault) => [step.id, fault, step] as const));

  it.each(cases)('is finished though %s was %s', async (_, fault, step) => {
    const gone = await somebody();
    const erasure = await erase(gone);
    planes.line.failNext(step, fault);
    await carryOut();
    expect(planes.line.hasFailed).toBe(true);
    expect(await left(gone)).toEqual(NOTHING);
    expect(await stateOf(erasure)).toBe('completed');
    const done = (await planes.vault.entries())
      .filter(({ object }) => object === erasure)
      .map(({ action }) => action);
    expect(done).toEqual(['people.erase', 'erasure.gates_closed', 'erasure.completed']);
  });

  it('wins against consent that is given while it runs', async () => {
    for (let round = 0; round < 5; round++) {
      const gone = await somebody();
      const { api } = planes;
      const asker = await gone.person.asker();
      await gone.person.withdraw();
      const giving = tolerating(api.consent.give(asker, 'ingest', api.agreementTo('ingest')));
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
    planes.line.failNext(erasureGatesClosed, 'lost');
    await expect(erasures.carryOut()).rejects.toMatchObject({ code: 'vault.unavailable' });
    const gates = await Promise.all(both.map(async (person) => (await left(person)).gates));
    expect(gates.sort()).toEqual([0, 2]);
    await carryOut();
    for (const person of both) expect(await left(person)).toEqual(NOTHING);
  });
});

describe('what stays withdrawn until its time is up', () => {
  const overdue = (gates: Buffer[]) =>
    planes.api.query(
      "UPDATE permit_gate SET due_on = current_date WHERE gate_id = ANY($1) AND state = 'frozen'",
      [gates],
    );

  it('is erased then, key and rows, and not before', async () => {
    const one = await somebody();
    await one.person.withdraw();
    expect(await erasures.eraseDue()).toBe(0);
    await overdue(one.gates);
    expect(await erasures.eraseDue()).toBe(1);
    expect(await left(one)).toMatchObject({ readings: 0, events: 1, gates: 1, session: true });
    expect((await one.person.give()).state).toBe('open');
  });

  it.each(FAULTS)('is erased the next time where the vault’s part was %s', async (fault) => {
    const one = await somebody();
    await one.person.withdraw();
    await overdue(one.gates);
    planes.line.failNext(destroyPermit, fault);
    expect(await tolerating(erasures.eraseDue())).not.toBe('answered');
    await erasures.eraseDue();
    expect(await left(one)).toMatchObject({ readings: 0, gates: 1 });
  });

  it('waits where the vault has not heard of the withdrawal yet, and keeps nobody busy with it', async () => {
    const one = await somebody();
    planes.line.failNext(freezePermit, 'lost');
    await one.person.withdraw();
    await overdue(one.gates);
    expect(await erasures.eraseDue()).toBe(0);
    expect(await left(one)).toMatchObject({ readings: 1, gates: 2 });
  });

  it('and is renewed at the last moment is kept: the others are erased all the same', async () => {
    const [renewed, late] = [await somebody(), await somebody()];
    for (const { person } of [renewed, late]) await person.withdraw();
    await overdue([...renewed.gates, ...late.gates]);
    // Between the worker's look and its call: as if the renewal had come just then.
    const find = planes.api.dueGates.find.bind(planes.api.dueGates);
    planes.api.dueGates.find = async (tx) => {
      const due = await find(tx);
      due.sort((a) => (renewed.gates.some((gate) => gate.equals(a.gate_id)) ? -1 : 1));
      await renewed.person.give();
      return due;
    };
    await erasures.eraseDue().finally(() => {
      planes.api.dueGates.find = find;
    });
    expect(await left(renewed)).toMatchObject({ readings: 1, gates: 2 });
    expect(await left(late)).toMatchObject({ readings: 0, gates: 1 });
  });
});
