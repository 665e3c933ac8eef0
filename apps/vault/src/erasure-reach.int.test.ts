import type { ClientPseudonym, ErasureId } from '@integument/contracts';
import { decodeId, open, randomId, SealBroken } from '@integument/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressesIn, backUp } from './backup.fixture.js';
import { KeyringRefused } from './features/keyring/index.js';
import { domainPlace } from './features/keys/index.js';
import { BackupReach, RootStore, RotationStore } from './features/rotation/index.js';
import { erase, live, scheduleOf, TestClock, versionsOf } from './rotation.fixture.js';
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

async function reachOf(erasure: ErasureId) {
  const sql = 'SELECT key_versions FROM erasure WHERE erasure_id = $1';
  const [row] = await vault.query<{ key_versions: number[] }>(sql, [decodeId('ers', erasure)]);
  const reach = new BackupReach(new RotationStore(), new RootStore(), LIVES, clock.read);
  return run((tx) => reach.of(tx, row?.key_versions ?? null));
}

describe('an erasure', () => {
  it('reaches backups from before it, on the day that it said, and not earlier', async () => {
    const { schedule } = scheduleOf(vault, clock);
    await live(schedule, clock, 10);
    const gone = await somebody('gone@example.org');
    await somebody('here@example.org');
    const restore = await backUp(vault);
    const erasure = await erase(vault, gone);
    const planned = await reachOf(erasure);
    expect(planned?.reached).toBe(false);
    const restored = await restore();
    expect((await addressesIn(vault.keyring, restored.dataSource)).sort()).toEqual([
      'gone@example.org',
      'here@example.org',
    ]);

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
    await expect(addressesIn(vault.keyring, restored.dataSource)).rejects.toThrow(KeyringRefused);
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
    const [left] = await addressesIn(vault.keyring, vault.dataSource);
    expect(left).toBe('here@example.org');
  }, 120_000);

  it('waits for whatever still lies under a version of its time', async () => {
    const { schedule } = scheduleOf(vault, clock);
    const gone = await somebody('gone@example.org');
    await somebody('old@example.org', 'old-account');
    await vault.query('UPDATE account SET sealed = NULL');
    const erasure = await erase(vault, gone);
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
      const erasure = decodeId('ers', await erase(vault, name));
      return (await vault.query<{ key_versions: number[] }>(sql, [erasure]))[0]?.key_versions;
    };
    const before = await noted(await came('before@example.org', 20));
    expect(before).toEqual(expect.arrayContaining([old?.key_id, current?.key_id]));
    const later = await came('later@example.org', 0);
    const erasure = await erase(vault, later);
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
      const erasure = await erase(vault, await somebody('gone@example.org'));
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

  it('says its second date to whoever has the claim, and that it has come once it has', async () => {
    vault.keyClock = clock.read;
    const name = await somebody('certified@example.org');
    const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
    const { erasure, claim } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name, reason, null));
    const read = () => run((tx) => vault.erasures.read(tx, { requestId: 'req' }, erasure, claim));
    expect(await read()).toMatchObject({ backupsUnreadableOn: null, backupsUnreadable: false });
    const { schedule, root } = scheduleOf(vault, clock);
    await root.look();
    await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    const { backupsUnreadableOn: planned, backupsUnreadable } = await read();
    expect(backupsUnreadable).toBe(false);
    expect(planned && planned > DAY_OF(59)).toBe(true);

    let [days, before] = [0, ''];
    for (; !(await read()).backupsUnreadable && days < 100; days++) {
      before = DAY_OF(0);
      await live(schedule, clock, 1, 2);
    }
    expect(days).toBeGreaterThan(30);
    expect((await reachOf(erasure))?.reached).toBe(true);
    const come = await read();
    expect(come.backupsUnreadable).toBe(true);
    // The rounds of a day may go past midnight.
    expect([before, DAY_OF(-1)]).toContain(come.backupsUnreadableOn);
    expect(planned && come.backupsUnreadableOn && planned >= come.backupsUnreadableOn).toBe(true);
    // It is the day on which it came, whenever it is asked for.
    clock.passDays(100);
    expect(await read()).toEqual(come);
  }, 120_000);
});
