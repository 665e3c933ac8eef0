import { randomId, SealBroken } from '@integument/crypto';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedKeyring } from './features/keyring/embedded-keyring.js';
import { HashicorpKeyring } from './features/keyring/hashicorp-keyring.js';
import { type Keyring, KeyringPulse, KeyringRefused, KeyringUnavailable } from './features/keyring/index.js';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { DomainKeys } from './features/keys/domain-keys.js';
import { KeysStore } from './features/keys/keys.store.js';
import { LiveIndex } from './features/keys/live-index.js';
import { StrictKeys } from './features/keys/strict-keys.js';
import { keyringFiles } from './vault-place.fixture.js';

const files = keyringFiles();
let unitOfWork: UnitOfWork;
let close: () => Promise<void>;

beforeAll(async () => {
  const { vaultUrl: url, drop } = await freshDatabases();
  const dataSource = await openDatabase({ url, poolSize: 8, applicationName: 'test', migrations: [] });
  unitOfWork = new UnitOfWork(dataSource);
  close = async () => {
    await dataSource.destroy();
    await drop();
    files.remove();
  };
});
afterAll(() => close());

const always = { demand: () => undefined };

async function loadOn(
  keyring: Keyring,
  on = unitOfWork,
  pulse: Pick<KeyringPulse, 'demand'> = always,
): Promise<DomainKeys> {
  const keys = new DomainKeys(keyring, new KeysStore(), on, pulse);
  await keys.load();
  return keys;
}

async function load(keyring = files): Promise<DomainKeys> {
  return loadOn(await EmbeddedKeyring.load(keyring));
}

describe('the domain keys', () => {
  it('are the same for processes that start at the same time, and after a restart', async () => {
    await EmbeddedKeyring.load(files);
    const [one, other] = await Promise.all([load(), load(), load()]);
    const owner = randomId();
    const minted = one?.mint('person', owner);
    if (!minted || !other) throw new Error('nothing was loaded');
    expect(other.unwrap('person', owner, minted).equals(minted.key)).toBe(true);
    expect((await load()).unwrap('person', owner, minted).equals(minted.key)).toBe(true);
  });

  it('refuse a data key at another owner or in another domain', async () => {
    const keys = await load();
    const owner = randomId();
    const minted = keys.mint('permit', owner);
    expect(() => keys.unwrap('permit', randomId(), minted)).toThrow(SealBroken);
    expect(() => keys.unwrap('person', owner, minted)).toThrow(SealBroken);
    const person = keys.mint('person', owner);
    expect(() => keys.unwrap('permit', owner, { ...minted, domainKey: person.domainKey })).toThrow(
      SealBroken,
    );
  });

  it('do not load under another keyring: the app does not start', async () => {
    await load();
    const others = keyringFiles();
    await expect(load(others)).rejects.toThrow(KeyringRefused);
    others.remove();
  });

  it('under another keyring are not added to, so that they load again under their own', async () => {
    await load();
    // As before an update that brings a domain.
    await unitOfWork.run(async (tx) => {
      await tx.query('ALTER TABLE domain_key DISABLE TRIGGER domain_key_is_kept');
      await tx.query("DELETE FROM domain_key WHERE domain = 'factor'");
      await tx.query('ALTER TABLE domain_key ENABLE TRIGGER domain_key_is_kept');
    });
    const others = keyringFiles();
    await expect(load(others)).rejects.toThrow(KeyringRefused);
    others.remove();
    const owner = randomId();
    const minted = (await load()).mint('factor', owner);
    expect((await load()).unwrap('factor', owner, minted)).toEqual(minted.key);
  });
});

describe('the domain keys under HashiCorp Vault', () => {
  let server: TransitServer;
  let on: UnitOfWork;
  let end: () => Promise<void>;
  beforeEach(async () => {
    server = await TransitServer.start();
    const { vaultUrl: url, drop } = await freshDatabases();
    const dataSource = await openDatabase({ url, poolSize: 4, applicationName: 'test', migrations: [] });
    on = new UnitOfWork(dataSource);
    end = async () => {
      await dataSource.destroy();
      await drop();
      await server.close();
    };
  });
  afterEach(() => end());
  const wrapped = async (): Promise<string[]> => {
    type Row = { wrapped: Buffer };
    const sql = 'SELECT wrapped FROM domain_key ORDER BY key_id';
    const rows = await on.single((tx) => tx.query<Row>(sql));
    return rows.map((row) => row.wrapped.toString('latin1'));
  };

  it('are asked for together, and leave an old root key at the next start', async () => {
    const first = await loadOn(await HashicorpKeyring.open(server.settings), on);
    const owner = randomId();
    const minted = first.mint('person', owner);
    const before = await wrapped();
    expect(before.every((text) => text.startsWith('vault:v1:'))).toBe(true);
    server.key.rotate();
    const keyring = await HashicorpKeyring.open(server.settings);
    const asked = server.asked.length;
    await loadOn(keyring, on);
    // Unwrap all, read the versions, rewrap all, try them.
    expect(server.asked.length - asked).toBe(4);
    server.key.rotate();
    await Promise.all([loadOn(keyring, on), loadOn(keyring, on)]);
    const after = await wrapped();
    expect(after.length).toBe(before.length);
    expect(after.every((text) => text.startsWith('vault:v3:'))).toBe(true);
    server.key.oldest = 3;
    const later = await loadOn(await HashicorpKeyring.open(server.settings), on);
    expect(later.unwrap('person', owner, minted)).toEqual(minted.key);
    expect(await wrapped()).toEqual(after);
  });

  it('are asked for once where they are empty, and under a root key that decrypts no more', async () => {
    const keys = await loadOn(await HashicorpKeyring.open(server.settings), on);
    const [row] = await on.single((tx) =>
      tx.query<{ wrapped: Buffer }>('SELECT wrapped FROM domain_key LIMIT 1'),
    );
    server.key.rotate();
    await keys.leaveOldRoots();
    server.key.oldest = 2;
    await on.single((tx) =>
      tx.query(
        `INSERT INTO domain_key (domain, version, wrapped, roots, state, retired_at, emptied_at)
         VALUES ('permit', 7, $1, '{1}', 'retiring', now(), now())`,
        [row?.wrapped],
      ),
    );
    await keys.refresh();
    const asked = server.asked.length;
    for (let read = 0; read < 3; read++) await keys.refresh();
    expect(server.asked.length).toBe(asked);
  });

  it('do not load where the least version is newer than theirs, and nothing is made in their place', async () => {
    await loadOn(await HashicorpKeyring.open(server.settings), on);
    const before = await wrapped();
    server.key.rotate();
    server.key.oldest = 2;
    const keyring = await HashicorpKeyring.open(server.settings);
    await expect(loadOn(keyring, on)).rejects.toThrow(KeyringRefused);
    expect(await wrapped()).toEqual(before);
  });

  it('are not stored where the keyring answers in another order, or with other keys', async () => {
    const keyring = await HashicorpKeyring.open(server.settings);
    const wrap = keyring.wrap.bind(keyring);
    const wrongly: Keyring['wrap'][] = [
      async (keys) => (await wrap(keys)).reverse(),
      (keys) => wrap(keys.map(({ place }) => ({ bytes: randomId(), place }))),
    ];
    for (const wrong of wrongly) {
      keyring.wrap = wrong;
      await expect(loadOn(keyring, on)).rejects.toThrow(KeyringRefused);
      expect(await wrapped()).toEqual([]);
    }
    keyring.wrap = wrap;
    await loadOn(keyring, on);
    expect((await wrapped()).length).toBeGreaterThan(0);
  });

  it('stay as they are when a keyring rewraps them into others', async () => {
    const keyring = await HashicorpKeyring.open(server.settings);
    await loadOn(keyring, on);
    const before = await wrapped();
    server.key.rotate();
    keyring.rewrap = (items) => keyring.wrap(items.map(({ place }) => ({ bytes: randomId(), place })));
    await expect(loadOn(keyring, on)).rejects.toThrow('into another');
    expect(await wrapped()).toEqual(before);
  });

  it('are lent for the grace while it is sealed, then refused, and lent again once it is back', async () => {
    let now = 0;
    const keyring = await HashicorpKeyring.open(server.settings);
    const pulse = new KeyringPulse(keyring, { graceMs: 60_000, now: () => now });
    const keys = await loadOn(keyring, on, pulse);
    const owner = randomId();
    const minted = keys.mint('person', owner);
    const index = new LiveIndex(keys);
    const digest = index.digest('email', 'a');
    const uses = [
      () => keys.mint('person', owner),
      () => keys.unwrap('person', owner, minted),
      () => keys.unwrapBeside('person', owner, minted),
      () => keys.secret('session'),
      () => index.digest('email', 'a'),
    ];
    server.failure = { status: 503, text: 'Vault is sealed' };
    for (now = 0; now <= 60_000; now += 5_000) {
      await expect(pulse.beat()).rejects.toThrow(KeyringUnavailable);
      expect(keys.unwrap('person', owner, minted)).toEqual(minted.key);
      await pulse.healthCheck();
    }
    const over = { code: 'keyring.unavailable', status: 503, headers: { 'retry-after': '5' } };
    for (const use of uses) expect(use).toThrow(expect.objectContaining(over));
    await expect(pulse.healthCheck()).rejects.toMatchObject(over);
    server.failure = undefined;
    await pulse.beat();
    await pulse.healthCheck();
    expect(keys.unwrap('person', owner, minted)).toEqual(minted.key);
    expect(index.digest('email', 'a')).toEqual(digest);
  });

  it('in strict mode are no reason to refuse who needs none', async () => {
    const keyring = await HashicorpKeyring.open(server.settings);
    const strict = new StrictKeys(await keyring.beside('integument-data-keys'), {
      makes: true,
      forMs: 1_000,
    });
    let now = 0;
    const pulse = new KeyringPulse(keyring, { graceMs: 60_000, now: () => now });
    const keys = new DomainKeys(keyring, new KeysStore(), on, pulse, { strict });
    await keys.load();
    const minted = keys.mint('person', randomId());
    now = 60_001;
    expect(() => keys.demandWarm([minted])).toThrow(expect.objectContaining({ code: 'keyring.unavailable' }));
    expect(() => keys.demandMinted(1)).toThrow(expect.objectContaining({ code: 'keyring.unavailable' }));
    keys.demandWarm([]);
  });
});
