import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  expectRestOpened,
  failureOf,
  KEY,
  LOGIN,
  results,
  startKeyring,
} from './hashicorp-keyring.fixture.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';
import { ALLOWED, TransitServer } from './transit-server.fixture.js';

keyringContract('the keyring on HashiCorp Vault, as any', async () => {
  const server = await TransitServer.start();
  const elsewhere = await TransitServer.start();
  return {
    keyring: await HashicorpKeyring.open(server.settings),
    reopen: () => HashicorpKeyring.open(server.settings),
    other: () => HashicorpKeyring.open(elsewhere.settings),
    rotate: () => Promise.resolve(server.key.rotate()),
    setOldest: (version) => {
      server.key.oldest = version;
      return Promise.resolve();
    },
    trim: (version) => {
      server.key.available = version;
      return Promise.resolve();
    },
    close: async () => {
      await server.close();
      await elsewhere.close();
    },
  };
});

let server: TransitServer;
let keyring: HashicorpKeyring;
beforeEach(async () => {
  ({ server, keyring } = await startKeyring());
});
afterEach(() => server.close());

it('the policy of deploy/ allows what is asked, and nothing that isn’t', async () => {
  const [bytes = Buffer.alloc(0)] = await keyring.wrap([KEY]);
  await keyring.rewrap([{ ...KEY, bytes }]);
  server.ahead += 45_000;
  await keyring.check();
  // Strict mode's key, with all that is done with it.
  const keks = await keyring.beside('integument-data-keys');
  await keks.unwrapEach([{ ...KEY, bytes: (await keks.wrap([KEY]))[0] ?? bytes }]);
  const asked = new Set(server.asked.filter((line) => line !== LOGIN));
  expect([...asked].sort()).toEqual([...ALLOWED].sort());
});

describe('a root key', () => {
  it('that doesn’t bind what it wraps to its place stops the start, whatever it says of itself', async () => {
    const plain = await TransitServer.start({ derived: false });
    await expect(HashicorpKeyring.open(plain.settings)).rejects.toThrow('derived');
    const honest = plain.key.describe();
    plain.key.describe = () => ({ ...honest, derived: true });
    await expect(HashicorpKeyring.open(plain.settings)).rejects.toThrow('does not bind');
    await plain.close();
  });

  it('that can leave the keyring stops the start', async () => {
    const open = await TransitServer.start({ exportable: true });
    await expect(HashicorpKeyring.open(open.settings)).rejects.toThrow('can leave');
    await open.close();
    const honest = server.key.describe();
    server.key.describe = () => ({ ...honest, allow_plaintext_backup: true });
    await expect(HashicorpKeyring.open(server.settings)).rejects.toThrow('can leave');
  });

  it('of another type stops the start', async () => {
    const honest = server.key.describe();
    server.key.describe = () => ({ ...honest, type: 'aes128-gcm96' });
    await expect(HashicorpKeyring.open(server.settings)).rejects.toThrow('type aes256-gcm96');
  });

  it('that is another one under the same name is not vouched for, until the old one is back', async () => {
    const back = server.key.replace();
    for (let beat = 0; beat < 3; beat++) await expect(keyring.check()).rejects.toThrow(KeyringRefused);
    back();
    await keyring.check();
  });

  it('may be rotated, and its least version raised, while it is watched', async () => {
    for (let version = 2; version < 5; version++) {
      server.key.rotate();
      await keyring.check();
      server.key.oldest = version;
      await keyring.check();
    }
  });

  it('of another kind of keyring is refused without asking', async () => {
    const asked = server.asked.length;
    await expect(keyring.unwrap([{ ...KEY, bytes: randomBytes(61) }])).rejects.toThrow(KeyringRefused);
    expect(() => keyring.versionOf(randomBytes(61))).toThrow(KeyringRefused);
    expect(server.asked.length).toBe(asked);
  });
});

describe('a key beside the root key', () => {
  it('is another one, used by the same role', async () => {
    const keks = await keyring.beside('integument-data-keys');
    const [bytes = Buffer.alloc(0)] = await keks.wrap([KEY]);
    expect(await keks.unwrap([{ ...KEY, bytes }])).toEqual([KEY.bytes]);
    await expect(keyring.unwrap([{ ...KEY, bytes }])).rejects.toThrow(KeyringRefused);
    expect(server.count(LOGIN)).toBe(1);
  });

  it('has to be there, to be allowed both ways, and to bind what it wraps', async () => {
    await expect(keyring.beside('another')).rejects.toThrow(KeyringUnavailable);
    for (const operation of ['encrypt', 'decrypt']) {
      server.failing = `POST transit/${operation}/integument-data-keys`;
      server.failure = { status: 403 };
      expect((await failureOf(keyring.beside('integument-data-keys'))).why).toBe('denied');
    }
    server.failure = undefined;
    const plain = await TransitServer.start({ dataKeysDerived: false });
    const root = await HashicorpKeyring.open(plain.settings);
    await expect(root.beside('integument-data-keys')).rejects.toThrow('derived');
    await plain.close();
  });

  it.each([200, 400])(
    'opens all that it can of a batch of which some is refused, by status %d',
    async (status) => {
      server.refusedBatchStatus = status;
      const keks = await keyring.beside('integument-data-keys');
      const mixed = await expectRestOpened(keks);
      server.bend = results((all) => all.slice(1));
      expect((await failureOf(keks.unwrapEach(mixed))).why).toBe('failing');
      server.bend = results((all) => [{}, ...all.slice(1)]);
      expect((await failureOf(keks.unwrapEach(mixed))).why).toBe('failing');
    },
  );
});
