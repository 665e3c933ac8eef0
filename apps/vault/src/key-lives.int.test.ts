import { setTimeout as sleep } from 'node:timers/promises';
import { AuditLog } from '@integument/audit-log';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addressesIn } from './backup.fixture.js';
import type { Keyring } from './features/keyring/index.js';
import { RootKeys, RootStore, RotationStore } from './features/rotation/index.js';
import {
  again,
  dyingAt,
  type Fault,
  LONG_MS,
  live,
  rotate,
  scheduleOf,
  TestClock,
  versionsOf,
} from './rotation.fixture.js';
import { LIVES, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
beforeEach(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
});
afterEach(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const somebody = (email: string) => vault.enrol({ fields: { email } });

describe('a version', () => {
  it('is rotated when it is old, or before it is used up, and destroyed after the horizon, on record', async () => {
    const lives = { ...LIVES, mostUses: 2 ** 21 };
    const { schedule } = scheduleOf(vault, clock, { lives });
    await live(schedule, clock, 1);
    expect(await versionsOf(vault, 'person')).toHaveLength(1);
    await vault.query(`UPDATE domain_key SET uses = 2097152 WHERE domain = 'person'`);
    await live(schedule, clock, 1);
    expect((await versionsOf(vault, 'person')).map(({ state }) => state)).toEqual(['retiring', 'current']);
    expect(await versionsOf(vault, 'permit')).toHaveLength(1);
    await live(schedule, clock, 33);
    expect((await versionsOf(vault, 'person'))[0]?.state).toBe('destroyed');
    expect(await versionsOf(vault, 'permit')).toHaveLength(2);
    expect(await versionsOf(vault, 'name')).toHaveLength(1);
    const entries = (await vault.entries()).filter(({ action }) => action.startsWith('keys.'));
    const ofPerson = entries.filter(({ details }) => (details as { domain?: string }).domain === 'person');
    expect(ofPerson.map(({ action, actor, details }) => [action, actor.id, details])).toEqual([
      ['keys.rotate', 'key-rotation', { domain: 'person', fromVersion: 1, toVersion: 2, why: 'uses' }],
      ['keys.rotated', 'key-rotation', { domain: 'person', toVersion: 2 }],
      ['keys.rotate', 'key-rotation', { domain: 'person', fromVersion: 2, toVersion: 3, why: 'age' }],
      ['keys.destroyed', 'key-rotation', { domain: 'person', version: 1 }],
      ['keys.rotated', 'key-rotation', { domain: 'person', toVersion: 3 }],
    ]);
    await expect(
      vault.query(`UPDATE domain_key SET state = 'current' WHERE state = 'destroyed'`),
    ).rejects.toThrow('only moves forward');
    await expect(vault.query(`DELETE FROM domain_key WHERE state = 'destroyed'`)).rejects.toThrow('is kept');
  }, 60_000);

  it('is not destroyed while anything lies under it, however late it turned up', async () => {
    const name = await somebody('late@example.org');
    const personId = await vault.personIdOf(name);
    const [row] = await vault.query('SELECT domain_key, wrapped_key FROM person WHERE person_id = $1', [
      personId,
    ]);
    await rotate(vault, clock, 'person');
    const { domain_key, wrapped_key } = row as { domain_key: number; wrapped_key: Buffer };
    const under = [personId, domain_key, wrapped_key];
    await vault.query('UPDATE person SET domain_key = $2, wrapped_key = $3 WHERE person_id = $1', under);
    const { schedule } = scheduleOf(vault, clock, { lives: { ...LIVES, rotationDays: 45 } });
    await live(schedule, clock, 20);
    const moved = 'SELECT domain_key FROM person WHERE person_id = $1';
    expect(await vault.query(moved, [personId])).toEqual([{ domain_key }]);
    await live(schedule, clock, 20);
    // Found when it was to be destroyed, and moved at once; then its time begins anew.
    expect(await vault.query(moved, [personId])).not.toEqual([{ domain_key }]);
    expect((await versionsOf(vault, 'person'))[0]).toMatchObject({ state: 'retiring', empty: true });
    await live(schedule, clock, 50, 2);
    expect((await versionsOf(vault, 'person'))[0]).toMatchObject({ state: 'destroyed' });
    const [left] = await addressesIn(vault.keyring, vault.dataSource);
    expect(left).toBe('late@example.org');
  }, 60_000);
});

describe('the root key', () => {
  it('is rotated when it is old, takes the domain keys along, and is destroyed after the horizon', async () => {
    const { schedule } = scheduleOf(vault, clock);
    await live(schedule, clock, 31);
    expect(await vault.keyring.versions()).toMatchObject({ newest: 2, available: 1 });
    // A session key lies under it for two days and an hour.
    await live(schedule, clock, 35);
    expect(await vault.keyring.versions()).toMatchObject({ available: 2 });
    const restarted = await vault.another();
    await somebody('after@example.org');
    await restarted.leave();
    const [root] = await vault.query('SELECT version, destroyed_at FROM root_version ORDER BY version');
    expect(root).toMatchObject({ version: 1, destroyed_at: expect.any(Date) as Date });
  }, 60_000);

  it('is kept for as long as backups from before the last key left it, however late that was', async () => {
    const lives = { ...LIVES, rotationDays: 1_000 };
    const { schedule, root } = scheduleOf(vault, clock, { lives });
    await live(schedule, clock, 1);
    const rewrap = vi.spyOn(vault.keyring, 'rewrap').mockRejectedValue(new Error('away'));
    await run((tx) => root.begin(tx, 'asked', null));
    for (let day = 0; day < 20; day++) {
      await schedule.run().catch(() => undefined);
      clock.passDays(1);
    }
    const dates = async () => {
      const [row] = await vault.query<{ retired_at: Date; emptied_at: Date | null }>(
        'SELECT retired_at, emptied_at FROM root_version WHERE version = 1',
      );
      return [row?.retired_at instanceof Date, row?.emptied_at ?? null];
    };
    expect(await dates()).toEqual([true, null]);
    const left = clock.now;
    rewrap.mockRestore();
    await schedule.run();
    expect(await dates()).toEqual([true, left]);
    clock.passDays(28);
    await schedule.run();
    expect(await vault.keyring.versions()).toEqual({ newest: 2, oldest: 1, available: 1 });
    // One that was wrapped before and is written late counts as well, from when it leaves.
    const late = `FROM (SELECT min(key_id) AS late FROM domain_key) AS l WHERE key_id = late`;
    await vault.query(`UPDATE domain_key SET roots = roots || 1 ${late}`);
    await root.look();
    expect(await dates()).toEqual([true, null]);
    await vault.query(`UPDATE domain_key SET roots = roots || 2 ${late}`);
    clock.passDays(5);
    await schedule.run();
    expect(await vault.keyring.versions()).toEqual({ newest: 2, oldest: 1, available: 1 });
    clock.passDays(31);
    await schedule.run();
    expect(await vault.keyring.versions()).toEqual({ newest: 2, oldest: 2, available: 2 });
  });

  it('is made and destroyed by one process at a time', async () => {
    let inside = 0;
    const most = { inside: 0 };
    const slowly =
      (work: (version: number) => Promise<boolean>) =>
      async (version: number): Promise<boolean> => {
        most.inside = Math.max(most.inside, ++inside);
        await sleep(200);
        return work(version).finally(() => inside--);
      };
    const { keyring, keys, unitOfWork } = vault;
    const { root } = scheduleOf(vault, clock);
    await run((tx) => root.begin(tx, 'asked', null));
    await root.goOn();
    clock.passDays(31);
    await root.look();
    await run((tx) => root.begin(tx, 'asked', null));
    const slow = Object.assign(Object.create(keyring) as Keyring, {
      versions: () => keyring.versions(),
      makeVersion: slowly((version) => keyring.makeVersion(version)),
      destroyBelow: slowly((version) => keyring.destroyBelow(version)),
    });
    const roots = Array.from({ length: 2 }, () => {
      const [store, audit] = [new RotationStore(), new AuditLog()];
      return new RootKeys(new RootStore(), store, keys, slow, unitOfWork, audit, clock.read);
    });
    const [one, other] = roots;
    const horizon = (now: Date) => new Date(now.getTime() - 30 * 86_400_000);
    await Promise.all([one?.goOn(), other?.destroyBefore(horizon)]);
    expect(most.inside).toBe(1);
    expect(await keyring.versions()).toEqual({ newest: 3, oldest: 2, available: 2 });
    await (await vault.another()).leave();
  });

  it.each(['before', 'after', 'killed'] as Fault[])(
    'is one and the same after a crash at any statement (%s)',
    async (how) => {
      const { root } = scheduleOf(vault, clock);
      let deaths = 0;
      for (let at = 1; at <= 18; at++) {
        const { newest } = await vault.keyring.versions();
        await root.look();
        await run((tx) => root.begin(tx, 'asked', null));
        const dying = dyingAt(vault, at, how);
        await scheduleOf(vault, clock, { unitOfWork: dying })
          .root.goOn()
          .catch(() => undefined);
        deaths += Number(dying.died);
        clock.pass(LONG_MS);
        await again(() => root.goOn());
        expect((await vault.keyring.versions()).newest).toBe(newest + 1);
        const under = await vault.query<{ root: number }>(
          `SELECT DISTINCT roots[cardinality(roots)] AS root FROM domain_key WHERE state <> 'destroyed'`,
        );
        expect(under).toEqual([{ root: newest + 1 }]);
        const [rotation] = await vault.query<{ moved: number; keys: number }>(
          `SELECT moved::int, (SELECT count(*) FROM domain_key)::int AS keys FROM rotation
           WHERE domain = 'root' AND to_version = $1`,
          [newest + 1],
        );
        expect(rotation?.moved).toBe(rotation?.keys);
      }
      expect(deaths).toBeGreaterThan(8);
      const restarted = await vault.another();
      await restarted.leave();
    },
    60_000,
  );
});
