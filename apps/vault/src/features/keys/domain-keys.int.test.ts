import { randomId, SealBroken } from '@integument/crypto';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyringFiles } from '../../vault.fixture.js';
import { DomainKeys } from './domain-keys.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import { KeyringRefused } from './keyring.js';
import { KeysStore } from './keys.store.js';

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

async function load(keyring = files): Promise<DomainKeys> {
  const keys = new DomainKeys(await EmbeddedKeyring.load(keyring), new KeysStore(), unitOfWork);
  await keys.load();
  return keys;
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
});
