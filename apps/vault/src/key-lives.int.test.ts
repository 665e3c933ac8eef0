import { setTimeout as sleep } from 'node:timers/promises';
import { AuditLog } from '@integument/audit-log';
import type { ClientPseudonym, ErasureId } from '@integument/contracts';
import { decodeId, open, randomId, SealBroken } from '@integument/crypto';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Keyring, KeyringRefused } from './features/keyring/index.js';
import { DomainKeys, domainPlace, LiveIndex } from './features/keys/index.js';
import { KeysStore } from './features/keys/keys.store.js';
import { PersonSealer } from './features/people/sealed-person.js';
import { BackupReach, RootKeys, RootStore, RotationStore } from './features/rotation/index.js';
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
import { API, LIVES, SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
let clock: TestClock;
beforeEach(async () => {
  vault = await TestVault.open();
  clock = new TestClock();
});
afterEach(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const somebody = async (email: string, subject?: string) =>
  (await vault.enrol({ fields: { email }, ...(subject && { account: { subject } }) })) as ClientPseudonym;

/** As after a night of a year that goes by in one go. */
const DAY_OF = (days: number) => new Date(clock.now.getTime() + days * 86_400_000).toISOString().slice(0, 10);

async function erase(name: ClientPseudonym): Promise<ErasureId> {
  const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
  const { erasure } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name, reason, null));
  await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
  return erasure;
}

async function reachOf(erasure: ErasureId) {
  const sql = 'SELECT key_versions FROM erasure WHERE erasure_id = $1';
  const [row] = await vault.query<{ key_versions: number[] }>(sql, [decodeId('ers', erasure)]);
  const reach = new BackupReach(new RotationStore(), new RootStore(), LIVES, clock.read);
  return run((tx) => reach.of(tx, row?.key_versions ?? null));
}

interface SealedRow {
  person_id: Buffer;
  domain_key: number;
  wrapped_key: Buffer;
  subject: Buffer;
  field: string;
  sealed: Buffer;
}

/** A copy of the tables, put into a database of its own as after a disaster. */
async function backUp() {
  const TABLES = ['domain_key', 'person', 'identity_value'];
  const texts = await Promise.all(
    TABLES.map(async (table) => {
      const sql = `SELECT coalesce(json_agg(t), '[]')::text AS text FROM ${table} t`;
      const [row] = await vault.query<{ text: string }>(sql);
      return { table, text: row?.text ?? '[]' };
    }),
  );
  return async () => {
    const { vaultUrl: url, drop } = await freshDatabases();
    const dataSource = await openDatabase({ url, poolSize: 2, applicationName: 'restored', migrations: [] });
    for (const { table, text } of texts) {
      await dataSource.query(
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`,
        [text],
      );
    }
    const close = async () => {
      await dataSource.destroy();
      await drop();
    };
    return { dataSource, close };
  };
}

/** Everybody's addresses in a restored database, by the keyring as it is now. */
async function addressesIn({ dataSource }: Awaited<ReturnType<Awaited<ReturnType<typeof backUp>>>>) {
  const never = { demand: () => undefined };
  const keys = new DomainKeys(vault.keyring, new KeysStore(), new UnitOfWork(dataSource), never);
  await keys.load();
  const sealer = new PersonSealer(keys, new LiveIndex(keys));
  const rows = await dataSource.query<SealedRow[]>(
    `SELECT person_id, domain_key, wrapped_key, subject, field, sealed FROM person JOIN identity_value USING (person_id)`,
  );
  return rows.map((row) => {
    const values = [{ field: 'email' as const, sealed: row.sealed, digest: null, indexKey: null }];
    const person = { personId: row.person_id, domainKey: row.domain_key, wrapped: row.wrapped_key };
    return sealer.open({ ...person, subject: row.subject, values }, ['email']).email;
  });
}

describe('an erasure', () => {
  it('reaches backups from before it, on the day that it said, and not earlier', async () => {
    const { schedule } = scheduleOf(vault, clock);
    await live(schedule, clock, 10);
    const gone = await somebody('gone@example.org');
    await somebody('here@example.org');
    const restore = await backUp();
    const erasure = await erase(gone);
    const planned = await reachOf(erasure);
    expect(planned?.reached).toBe(false);
    const restored = await restore();
    expect((await addressesIn(restored)).sort()).toEqual(['gone@example.org', 'here@example.org']);

    let days = 0;
    for (; !(await reachOf(erasure))?.reached && days < 100; days++) {
      const told = await reachOf(erasure);
      expect(told && told.on >= DAY_OF(0)).toBe(true);
      await live(schedule, clock, 1);
    }
    expect(days).toBeGreaterThan(30);
    expect(days).toBeLessThanOrEqual(65);
    const reached = await reachOf(erasure);
    expect(reached && planned && reached.on <= planned.on).toBe(true);

    // With the keyring as it is, no key in the backup opens; with the keys as they are, nothing of the person.
    await expect(addressesIn(restored)).rejects.toThrow(KeyringRefused);
    const wrapped = await restored.dataSource.query<{ domain: string; version: number; wrapped: Buffer }[]>(
      'SELECT domain, version, wrapped FROM domain_key',
    );
    expect(wrapped.length).toBeGreaterThan(8);
    for (const { domain, version, wrapped: bytes } of wrapped) {
      const place = domainPlace(domain, version);
      await expect(vault.keyring.unwrap([{ bytes, place }])).rejects.toThrow(KeyringRefused);
    }
    const people = await restored.dataSource.query<{ wrapped_key: Buffer }[]>(
      'SELECT wrapped_key FROM person',
    );
    const living = await vault.query<{ key_id: number }>(
      `SELECT key_id FROM domain_key WHERE state <> 'destroyed' AND emptied_at IS NULL`,
    );
    for (const { wrapped_key } of people) {
      for (const { key_id } of living) {
        expect(() => open(vault.keys.lent(key_id), wrapped_key, randomId())).toThrow(SealBroken);
      }
    }
    await restored.close();
    const [left] = await addressesIn({ dataSource: vault.dataSource, close: () => Promise.resolve() });
    expect(left).toBe('here@example.org');
  }, 120_000);

  it('waits for whatever still lies under a version of its time', async () => {
    const { schedule } = scheduleOf(vault, clock);
    const gone = await somebody('gone@example.org');
    await somebody('old@example.org', 'old-account');
    await vault.query('UPDATE account SET sealed = NULL');
    const erasure = await erase(gone);
    await live(schedule, clock, 100, 1);
    expect((await versionsOf(vault, 'person'))[0]?.state).toBe('destroyed');
    expect((await versionsOf(vault, 'index'))[0]?.state).toBe('retiring');
    expect((await reachOf(erasure))?.reached).toBe(false);
    await vault.keys.refresh();
    await vault.beginSession('old-account');
    await live(schedule, clock, 70, 1);
    expect((await versionsOf(vault, 'index'))[0]?.state).toBe('destroyed');
    expect((await reachOf(erasure))?.reached).toBe(true);
  }, 120_000);

  it('waits for nothing that had been replaced before the person came', async () => {
    const { schedule } = scheduleOf(vault, clock);
    await somebody('old@example.org', 'old-account');
    await vault.query('UPDATE account SET sealed = NULL');
    await live(schedule, clock, 35, 1);
    const [old, current] = await versionsOf(vault, 'index');
    expect(old).toMatchObject({ state: 'retiring', empty: false });
    const came = async (email: string, days: number) => {
      const name = await somebody(email);
      const { now } = clock;
      now.setDate(now.getDate() - days);
      await vault.query('UPDATE person SET enrolled_on = $2 WHERE person_id = $1', [
        await vault.personIdOf(name),
        now,
      ]);
      return name;
    };
    const sql = 'SELECT key_versions FROM erasure WHERE erasure_id = $1';
    const noted = async (name: ClientPseudonym) => {
      const erasure = decodeId('ers', await erase(name));
      return (await vault.query<{ key_versions: number[] }>(sql, [erasure]))[0]?.key_versions;
    };
    const before = await noted(await came('before@example.org', 20));
    expect(before).toEqual(expect.arrayContaining([old?.key_id, current?.key_id]));
    const later = await came('later@example.org', 0);
    const erasure = await erase(later);
    const [row] = await vault.query<{ key_versions: number[] }>(sql, [decodeId('ers', erasure)]);
    expect(row?.key_versions).toContain(current?.key_id);
    expect(row?.key_versions).not.toContain(old?.key_id);
    await live(schedule, clock, 70, 1);
    expect((await versionsOf(vault, 'index'))[0]).toMatchObject({ state: 'retiring', empty: false });
    expect((await reachOf(erasure))?.reached).toBe(true);
  }, 120_000);

  it.each(['model', 'session'] as const)(
    'waits for the key of its %s, too',
    async (domain) => {
      const { schedule } = scheduleOf(vault, clock);
      const stuck = [randomId(), (await versionsOf(vault, domain))[0]?.key_id];
      const erasure = await erase(await somebody('gone@example.org'));
      if (domain === 'model')
        await vault.query(
          `INSERT INTO model_key (model_key_id, domain_key, wrapped_key) VALUES ($1, $2, '\\x00')`,
          stuck,
        );
      else
        await vault.query(
          `UPDATE domain_key SET current_at = current_at + interval '70 days' WHERE key_id = $1`,
          stuck.slice(1),
        );
      await live(schedule, clock, 80, 1);
      expect((await versionsOf(vault, 'person'))[0]?.state).toBe('destroyed');
      expect((await reachOf(erasure))?.reached).toBe(false);
      if (domain === 'model') await vault.query('DELETE FROM model_key');
      await live(schedule, clock, 100, 1);
      expect((await reachOf(erasure))?.reached).toBe(true);
    },
    120_000,
  );

  it('says its second date to whoever has the claim', async () => {
    const name = await somebody('certified@example.org');
    const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
    const { erasure, claim } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name, reason, null));
    const read = () => run((tx) => vault.erasures.read(tx, { requestId: 'req' }, erasure, claim));
    expect(await read()).toMatchObject({ backupsUnreadableOn: null, backupsUnreadable: false });
    await scheduleOf(vault, clock).root.look();
    await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    const { backupsUnreadableOn, backupsUnreadable } = await read();
    expect(backupsUnreadable).toBe(false);
    expect(backupsUnreadableOn && backupsUnreadableOn > DAY_OF(59)).toBe(true);
  });
});

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
    const [left] = await addressesIn({ dataSource: vault.dataSource, close: () => Promise.resolve() });
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
