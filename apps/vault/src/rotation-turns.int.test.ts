import { setTimeout } from 'node:timers/promises';
import type { ClientPseudonym } from '@integument/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { RotationStore } from './features/rotation/index.js';
import { rotationView } from './features/rotation/rotation-view.js';
import {
  beginOf,
  LONG_MS,
  rotate,
  rotationsOf,
  scheduleOf,
  settle,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { ISSUER, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
beforeEach(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
});
afterEach(() => vault.close());

const enrol = (subject: string) =>
  vault.enrol({ fields: { email: `${subject}@example.org` }, account: { subject } });

function statesOf(domain: Domain) {
  const sql =
    'SELECT to_version AS version, state, waiting::int FROM rotation WHERE domain = $1 ORDER BY to_version';
  return vault.query<{ version: number; state: string; waiting: number }>(sql, [domain]);
}

const oneStepEach = () => rotationsOf(vault, clock, { batch: 3, sliceMs: 0 }).tick();

async function untilMoving(...domains: Domain[]): Promise<void> {
  for (const domain of domains) await beginOf(vault, clock, domain);
  for (let round = 0; round < 10; round++) {
    await oneStepEach();
    const [moving] = await vault.query<{ all: boolean }>(
      `SELECT bool_and(state = 'moving') AS all FROM rotation`,
    );
    if (moving?.all) return;
    clock.pass(LONG_MS);
  }
  throw new Error('never moving');
}

describe('a rotation', () => {
  it('that is long lets others have their turn, and ends with its process', async () => {
    for (let at = 0; at < 12; at++) await enrol(`long-${at}`);
    await untilMoving('person', 'index');
    const rotations = rotationsOf(vault, clock, { batch: 3, sliceMs: 0 });
    const movedOf = async () =>
      (await vault.query<{ moved: number }>('SELECT moved::int FROM rotation ORDER BY domain')).map(
        ({ moved }) => moved,
      );
    expect(await rotations.tick()).toBe(2);
    expect(await movedOf()).toEqual([3, 3]);
    const stopped = new AbortController();
    stopped.abort();
    expect(await rotations.tick(stopped.signal)).toBe(0);
    await scheduleOf(vault, clock).schedule.run(stopped.signal);
    expect(await movedOf()).toEqual([3, 3]);
    // A round after the other, without a pause.
    await scheduleOf(vault, clock, { sliceMs: 0 }).schedule.run();
    expect((await movedOf())[1]).toBe(12);
  });

  it('waits until what was begun before everybody knew has ended', async () => {
    const store = new RotationStore();
    const oldest = () => vault.unitOfWork.run((tx) => store.oldestWork(tx));
    expect(await oldest()).toBe(0);
    let ended = false;
    const open = vault.unitOfWork.run(async (tx) => {
      await tx.query('SELECT 1');
      while (!ended) await setTimeout(20);
    });
    await setTimeout(150);
    expect(await oldest()).toBeGreaterThan(100);
    const rotation = await beginOf(vault, clock, 'person');
    const rotations = rotationsOf(vault, clock);
    await rotations.tick();
    // As if that had been open since before.
    store.oldestWork = () => Promise.resolve(LONG_MS);
    clock.pass(LONG_MS);
    const patient = rotationsOf(vault, clock, { store });
    expect(rotation && (await patient.step(rotation))).toBe(false);
    ended = true;
    await open;
    expect(await oldest()).toBe(LONG_MS);
    expect(rotation && (await rotations.step(rotation))).toBe(true);
  });

  it('finds what came too late, moves it at once, and is done only then', async () => {
    await enrol('late');
    const read = 'SELECT person_id, domain_key, wrapped_key FROM person';
    const [row] = await vault.query<Record<string, unknown>>(read);
    await untilMoving('person');
    await rotationsOf(vault, clock).tick();
    const [first] = await versionsOf(vault, 'person');
    expect([first?.empty, await statesOf('person')]).toEqual([
      true,
      [{ version: 2, state: 'waiting', waiting: 0 }],
    ]);
    await vault.query(
      'UPDATE person SET domain_key = $2, wrapped_key = $3 WHERE person_id = $1',
      Object.values(row ?? {}),
    );
    clock.pass(LONG_MS);
    await rotationsOf(vault, clock).tick();
    expect((await vault.query<{ domain_key: number }>(read))[0]?.domain_key).toBe(
      vault.keys.now('person').id,
    );
    expect(await statesOf('person')).toEqual([{ version: 2, state: 'waiting', waiting: 0 }]);
    clock.pass(LONG_MS);
    await rotationsOf(vault, clock).tick();
    expect(await statesOf('person')).toEqual([{ version: 2, state: 'done', waiting: 0 }]);
  });

  it('that waits ends with the next one of its domain, and is looked at by it alone', async () => {
    await enrol('from-before');
    await vault.query('UPDATE account SET sealed = NULL');
    for (let round = 0; round < 3; round++) await rotate(vault, clock, 'index');
    expect((await statesOf('index')).map(({ state, waiting }) => [state, waiting])).toEqual([
      ['waiting', 1],
      ['waiting', 1],
      ['waiting', 1],
    ]);
    const store = new RotationStore();
    expect(await vault.unitOfWork.run((tx) => store.findUnfinished(tx))).toHaveLength(1);
    const [row] = await vault.unitOfWork.run((tx) => store.findNewest(tx));
    expect(row && rotationView(row, false).waitsFor).toBe('sign-ins');
    await vault.beginSession('from-before');
    await settle(vault, clock);
    expect((await statesOf('index')).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('that waits is looked at less often where a look costs', async () => {
    await enrol('from-before');
    await vault.query('UPDATE account SET sealed = NULL');
    await rotate(vault, clock, 'index');
    const lookAfter = async () =>
      (await vault.query<{ at: Date }>('SELECT look_after AS at FROM rotation'))[0]?.at.getTime() ?? 0;
    expect((await lookAfter()) - clock.now.getTime()).toBeLessThanOrEqual(60_000);
    let at = 0;
    const slow = { ...clock, read: () => Promise.resolve(new Date(clock.now.getTime() + 10_000 * at++)) };
    clock.pass(LONG_MS);
    await rotationsOf(vault, slow).tick();
    expect((await lookAfter()) - clock.now.getTime()).toBeGreaterThanOrEqual(1_000_000);
    await vault.beginSession('from-before');
    await settle(vault, clock);
    expect((await statesOf('index'))[0]).toMatchObject({ state: 'waiting', waiting: 1 });
  });

  it('that runs is not prepared again by whoever finds its key old', async () => {
    const { schedule } = scheduleOf(vault, clock);
    clock.passDays(31);
    await schedule.run();
    const { keyring } = vault;
    const wrap = keyring.wrap.bind(keyring);
    let wrapped = 0;
    keyring.wrap = (keys) => {
      wrapped++;
      return wrap(keys);
    };
    await schedule.run();
    expect(wrapped).toBe(0);
  });

  it('that goes on just when another is asked for refuses that one', async () => {
    await rotate(vault, clock, 'session');
    const rotations = rotationsOf(vault, clock);
    const prepared = await rotations.prepare('session');
    const refused = vault.unitOfWork.run(async (tx) => {
      const found = (await new RotationStore().findRunning(tx, 'session')) === null;
      expect(found).toBe(true);
      // Committed between what `begin` reads and what it writes.
      const racing: typeof tx = {
        query: async (sql, values) => {
          if ((typeof sql === 'string' ? sql : sql.text).includes('INSERT INTO rotation'))
            await vault.query(`UPDATE rotation SET state = 'moving'`);
          return tx.query(sql, values);
        },
        send: (sql, values) => tx.send(sql, values),
      };
      return rotations.begin(racing, prepared, 'asked', null);
    });
    await expect(refused).rejects.toMatchObject({ code: 'keys.rotating', status: 409 });
    expect(await versionsOf(vault, 'session')).toHaveLength(2);
  });

  it('leaves an account that has two people with the second as it is, and counts it', async () => {
    const names = [await enrol('one'), await enrol('other')];
    const other = await vault.personIdOf(names[1] as ClientPseudonym);
    // The other one's copy says the same account.
    const of = { issuer: ISSUER, subject: 'one' };
    const { sealed } = vault.sealer.sealAccount(other, await keyOf(other), of);
    await vault.query('UPDATE account SET sealed = $2 WHERE person_id = $1', [other, sealed]);
    await rotate(vault, clock, 'index');
    expect(await statesOf('index')).toEqual([{ version: 2, state: 'waiting', waiting: 1 }]);
    const under = await vault.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM account GROUP BY index_key',
    );
    expect(under).toEqual([{ n: 1 }, { n: 1 }]);
  });
});

async function keyOf(personId: Buffer) {
  const sql = 'SELECT domain_key AS "domainKey", wrapped_key AS wrapped FROM person WHERE person_id = $1';
  const [row] = await vault.query<{ domainKey: number; wrapped: Buffer }>(sql, [personId]);
  if (!row) throw new Error('nobody');
  return row;
}
