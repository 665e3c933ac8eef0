import { randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Domain } from './features/keys/index.js';
import { RotatedPeople } from './rotated-people.fixture.js';
import {
  beginOf,
  begunOf,
  LEASE_MS,
  LONG_MS,
  rotate,
  rotationsOf,
  settle,
  stateOf,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
let people: RotatedPeople;
beforeAll(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
  people = new RotatedPeople(vault);
});
afterAll(() => vault.close());

describe('a rotation', () => {
  it('goes from version to version without anybody noticing, and says how far it is', async () => {
    const before = await Promise.all(Array.from({ length: 20 }, () => people.somebody()));
    const replica = await vault.another();
    const rotations = rotationsOf(vault, clock);
    expect(await beginOf(vault, clock, 'person')).not.toBeNull();
    expect(await beginOf(vault, clock, 'person')).toBeNull();
    await rotations.tick();
    clock.pass(LEASE_MS + 60_000);
    expect(await rotations.tick()).toBe(0);
    expect((await versionsOf(vault, 'person')).map(({ state }) => state)).toEqual(['current', 'arriving']);
    // The other process reads the versions within its lease, and then opens what this one seals under the new version.
    await replica.keys.refresh();
    clock.pass(1);
    expect(await rotations.tick()).toBe(2);
    expect((await versionsOf(vault, 'person')).map(({ state }) => state)).toEqual(['retiring', 'current']);
    const mine = await people.somebody();
    const theirs = await people.somebody(undefined, replica);
    expect(await people.emailOf(mine.name, replica)).toBe(mine.email);
    expect(await people.emailOf(theirs.name)).toBe(theirs.email);
    expect((await stateOf(vault, 'person'))?.state).toBe('handing-over');
    clock.pass(LEASE_MS + 60_000);
    expect(await rotations.tick()).toBe(0);
    clock.pass(1);
    expect(await rotations.tick()).toBeGreaterThan(3);
    expect(await stateOf(vault, 'person')).toEqual({ state: 'waiting', moved: 21, total: 21, waiting: 0 });
    clock.pass(179_000);
    expect(await rotations.tick()).toBe(0);
    clock.pass(1_000);
    await rotations.tick();
    expect(await stateOf(vault, 'person')).toEqual({ state: 'done', moved: 21, total: 21, waiting: 0 });
    const [old, current] = await versionsOf(vault, 'person');
    expect([old?.empty, current?.state]).toEqual([true, 'current']);
    for (const { name, email } of [...before, mine, theirs]) expect(await people.emailOf(name)).toBe(email);
    await replica.leave();
  });

  it('does not begin with a version that the keyring does not open again', async () => {
    const { keyring } = vault;
    const wrap = keyring.wrap.bind(keyring);
    keyring.wrap = (keys) => wrap(keys.map(({ place }) => ({ bytes: randomId(), place })));
    await expect(beginOf(vault, clock, 'permit')).rejects.toThrow('into another');
    keyring.wrap = wrap;
    expect(await versionsOf(vault, 'permit')).toHaveLength(1);
  });

  it('moves what is sealed under the key itself, and what lies beside a wrapped key', async () => {
    const { name } = await people.somebody();
    await people.permitOf(name);
    for (let at = 0; at < 10; at++) await people.putToken();
    for (const domain of ['permit', 'model', 'evidence', 'factor', 'token', 'webhook'] as Domain[]) {
      await rotate(vault, clock, domain);
      expect(await stateOf(vault, domain)).toMatchObject({ state: 'done', waiting: 0 });
    }
    expect(await people.allOpen()).toBeGreaterThan(30);
  });

  it('of sessions keeps what was made before for two days and an hour, and moves nothing', async () => {
    await rotate(vault, clock, 'session');
    expect(await stateOf(vault, 'session')).toMatchObject({ state: 'waiting', waiting: 0, total: 0 });
    clock.passDays(2);
    await rotationsOf(vault, clock).tick();
    expect(await stateOf(vault, 'session')).toMatchObject({ state: 'waiting' });
    clock.pass(3_600_000);
    await rotationsOf(vault, clock).tick();
    expect(await stateOf(vault, 'session')).toMatchObject({ state: 'done' });
  });

  it('leaves a key that does not open where it is, and its version alive', async () => {
    const { name } = await people.somebody();
    const personId = await vault.personIdOf(name);
    const [row] = await vault.query<{ wrapped_key: Buffer }>(
      'SELECT wrapped_key FROM person WHERE person_id = $1',
      [personId],
    );
    await vault.query(`UPDATE person SET wrapped_key = wrapped_key || '\\x00' WHERE person_id = $1`, [
      personId,
    ]);
    await rotate(vault, clock, 'person');
    expect(await stateOf(vault, 'person')).toMatchObject({ state: 'waiting', waiting: 1 });
    await vault.query('UPDATE person SET wrapped_key = $2 WHERE person_id = $1', [
      personId,
      row?.wrapped_key,
    ]);
    await settle(vault, clock);
    expect(await stateOf(vault, 'person')).toMatchObject({ state: 'done', waiting: 0 });
  });
});

describe('a rotation of the index', () => {
  it('finds everybody at each step, in processes that know the new version and in those that do not yet', async () => {
    const known = await Promise.all(Array.from({ length: 15 }, () => people.somebody()));
    const token = await people.putToken('value 77');
    const behind = await vault.another();
    const rotations = rotationsOf(vault, clock, { batch: 4 });
    const everybody = async () => {
      for (const { email } of known) expect(await people.found(email)).toBe(1);
    };
    const rotation = await begunOf(vault, clock, 'index');
    await rotations.step(rotation);
    // Known to the other only as long as its lease lasts; then it reads the versions, or uses none.
    known.push(await people.somebody(undefined, behind));
    await everybody();
    await behind.keys.refresh();
    for (let steps = 0; steps < 200; steps++) {
      await vault.keys.refresh();
      if (!(await rotations.step(rotation))) clock.pass(LONG_MS);
      if (steps % 4 === 0) known.push(await people.somebody(undefined, steps % 8 ? vault : behind));
      await everybody();
      for (const { email } of known.slice(-3)) expect(await people.found(email, behind)).toBe(1);
      if ((await stateOf(vault, 'index'))?.state === 'done') break;
      await behind.keys.refresh();
    }
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'done' });
    expect(await people.putToken('value 77')).toBe(token);
    expect(await people.putToken('value 77', behind)).toBe(token);
    await behind.leave();
  });

  it('lets accounts sign in as before, and waits for those without a copy until they do', async () => {
    await vault.enrol({ fields: {}, account: { subject: 'copied' } });
    await vault.enrol({ fields: {}, account: { subject: 'from-before' } });
    const digests = vault.sealer.accountDigests({
      issuer: 'https://provider.example',
      subject: 'from-before',
    });
    await vault.query('UPDATE account SET sealed = NULL, index_key = NULL WHERE account = ANY($1)', [
      digests,
    ]);
    const personOf = async (subject: string) => {
      await vault.beginSession(subject);
      const sql = 'SELECT person_id FROM sign_in ORDER BY began_at DESC LIMIT 1';
      return (await vault.query<{ person_id: Buffer }>(sql))[0]?.person_id.toString('hex');
    };
    const copied = await personOf('copied');
    await rotate(vault, clock, 'index');
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'waiting', waiting: 1 });
    expect(await personOf('copied')).toBe(copied);
    const before = Number((await vault.query<{ n: string }>('SELECT count(*) AS n FROM person'))[0]?.n);
    const first = await personOf('from-before');
    expect(await personOf('from-before')).toBe(first);
    expect(Number((await vault.query<{ n: string }>('SELECT count(*) AS n FROM person'))[0]?.n)).toBe(before);
    await settle(vault, clock);
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'done', waiting: 0 });
    await vault.keys.refresh();
    expect(await personOf('from-before')).toBe(first);
    expect(await personOf('copied')).toBe(copied);
  });

  it('has one person for an account, also when two processes under two versions enrol it at once', async () => {
    const old = await vault.another();
    await beginOf(vault, clock, 'index');
    const rotations = rotationsOf(vault, clock);
    await rotations.tick();
    await old.keys.refresh();
    clock.pass(LONG_MS);
    await rotations.tick(); // the new version is current here, and arriving there
    expect(old.keys.now('index').id).not.toBe(vault.keys.now('index').id);
    for (let round = 0; round < 20; round++) {
      const account = { subject: `twice-${round}` };
      const outcomes = await Promise.allSettled([people.somebody(account), people.somebody(account, old)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [refused] = outcomes.filter((one) => one.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'people.account_taken' });
    }
    await old.leave();
    for (let round = 0; round < 4; round++) {
      clock.pass(LONG_MS);
      await rotations.tick();
    }
    expect(await stateOf(vault, 'index')).toMatchObject({ state: 'done' });
    await vault.keys.refresh();
  });
});
