import { randomId } from '@integument/crypto';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKeyring } from './features/keyring/index.js';
import { DomainKeys, type DomainKeysOptions } from './features/keys/domain-keys.js';
import { KeysStore } from './features/keys/keys.store.js';
import { keyringFiles } from './vault-place.fixture.js';

const files = keyringFiles();
const BLOCK = 100;
const MOST = 2 ** 32;
const UNAVAILABLE = expect.objectContaining({ code: 'keyring.unavailable', status: 503 }) as unknown;
let dataSource: DataSource;
let close: () => Promise<void>;

beforeAll(async () => {
  const { vaultUrl: url, drop } = await freshDatabases();
  dataSource = await openDatabase({ url, poolSize: 8, applicationName: 'test', migrations: [] });
  close = async () => {
    await dataSource.destroy();
    await drop();
    files.remove();
  };
});
afterAll(() => close());

/** A process of the vault, as far as its keys go. */
async function started(options: DomainKeysOptions = {}, store = new KeysStore()): Promise<DomainKeys> {
  const keyring = await EmbeddedKeyring.load(files);
  const felt = { demand: () => undefined };
  const keys = new DomainKeys(keyring, store, new UnitOfWork(dataSource), felt, { block: BLOCK, ...options });
  await keys.load();
  return keys;
}

async function usesOf(domain: string): Promise<number> {
  const sql = 'SELECT uses FROM domain_key WHERE domain = $1';
  const [row] = await dataSource.query<{ uses: string }[]>(sql, [domain]);
  return Number(row?.uses);
}

/** What a process asks for it asks in the background. */
const settled = (keys: DomainKeys) => keys.refresh();
const mint = (keys: DomainKeys) => keys.mint('person', randomId());

describe('the uses of a key', () => {
  it('are reserved before they are used, by each process, and never counted too low over its end', async () => {
    await started();
    for (let life = 0; life < 5; life++) {
      const before = await usesOf('person');
      // Each process just stops, somewhere: nothing is given back or written at its end.
      const processes = await Promise.all([started(), started()]);
      let sealed = 0;
      for (let at = 0; at < 20 + 100 * life; at++) {
        for (const keys of processes) mint(keys);
        sealed += processes.length;
        if (at % 40 === 39) await Promise.all(processes.map(settled));
        expect((await usesOf('person')) - before).toBeGreaterThanOrEqual(sealed);
      }
    }
  });

  it('are fetched ahead while half of a block is left: nobody waits for them', async () => {
    const keys = await started();
    const first = await usesOf('person');
    for (let at = 0; at < BLOCK / 2; at++) mint(keys);
    expect(await usesOf('person')).toBe(first);
    mint(keys);
    await expect.poll(() => usesOf('person')).toBe(first + BLOCK);
    for (let at = 0; at < BLOCK; at++) mint(keys);
  });

  it('that are many at once are counted each', async () => {
    const keys = await started();
    keys.lend('token', BLOCK - 10);
    await expect.poll(() => usesOf('token').then((uses) => uses % BLOCK)).toBe(0);
    const twice = await started();
    expect(() => twice.lend('token', BLOCK + 1)).toThrow(UNAVAILABLE);
    expect(twice.lend('token', BLOCK).key).toHaveLength(32);
  });

  it('are refused when none are left and the database gives none, and go on once it does', async () => {
    let away = false;
    const store = new KeysStore();
    const reserve = store.reserve.bind(store);
    store.reserve = (...args) => (away ? Promise.reject(new Error('away')) : reserve(...args));
    const keys = await started({}, store);
    away = true;
    for (let at = 0; at < BLOCK; at++) mint(keys);
    expect(() => mint(keys)).toThrow(UNAVAILABLE);
    await settled(keys);
    expect(() => mint(keys)).toThrow(UNAVAILABLE);
    const other = keys.mint('permit', randomId());
    expect(other.key).toHaveLength(32);
    away = false;
    await settled(keys);
    expect(mint(keys).key).toHaveLength(32);
  });

  it('end where random IVs do: what lies under the key still opens', async () => {
    const keys = await started();
    const owner = randomId();
    const minted = keys.mint('evidence', owner);
    await dataSource.query(`UPDATE domain_key SET uses = $1 WHERE domain = 'evidence'`, [MOST - BLOCK]);
    const last = await started();
    for (let at = 0; at < BLOCK; at++) last.mint('evidence', randomId());
    await settled(last);
    expect(() => last.mint('evidence', randomId())).toThrow(UNAVAILABLE);
    expect(await usesOf('evidence')).toBe(MOST);
    expect(last.unwrap('evidence', owner, minted)).toEqual(minted.key);
    const none = await started();
    expect(() => none.mint('evidence', randomId())).toThrow(UNAVAILABLE);
    await expect(
      dataSource.query(`UPDATE domain_key SET uses = 0 WHERE domain = 'evidence'`),
    ).rejects.toThrow('not forgotten');
  });
});

describe('what a process knows of the versions', () => {
  it('is believed for a while: one that could not read them uses no key, until it has', async () => {
    let now = 0;
    const store = new KeysStore();
    const keys = await started({ now: () => now, leaseMs: 15_000 }, store);
    const minted = keys.mint('person', randomId());
    const find = store.findAll.bind(store);
    store.findAll = () => Promise.reject(new Error('away'));
    now = 15_000;
    await expect(keys.refresh()).rejects.toThrow('away');
    expect(mint(keys).key).toHaveLength(32);
    await keys.healthCheck();
    now = 15_001;
    const uses = [
      () => mint(keys),
      () => keys.unwrap('person', randomId(), minted),
      () => keys.lend('token', 1),
      () => keys.lent(minted.domainKey),
      () => keys.secret('session'),
      () => keys.live('index'),
    ];
    for (const use of uses) expect(use).toThrow(UNAVAILABLE);
    await expect(keys.healthCheck()).rejects.toEqual(UNAVAILABLE);
    store.findAll = find;
    await keys.refresh();
    expect(mint(keys).key).toHaveLength(32);
  });

  it('is as old as the question: a slow answer is not believed for longer', async () => {
    let now = 0;
    const store = new KeysStore();
    const keys = await started({ now: () => now, leaseMs: 15_000 }, store);
    const find = store.findAll.bind(store);
    store.findAll = async (...args) => {
      const rows = await find(...args);
      now += 14_000;
      return rows;
    };
    await keys.refresh();
    now += 1_001;
    expect(() => mint(keys)).toThrow(UNAVAILABLE);
  });
});
