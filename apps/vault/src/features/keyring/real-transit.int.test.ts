import { describe, expect, it, onTestFinished } from 'vitest';
import { expectRestOpened, KEY } from './hashicorp-keyring.fixture.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';
import { RealTransit, realServer } from './real-transit.fixture.js';

if (realServer()) {
  keyringContract('the keyring on the server that is named for tests', async () => {
    const real = await RealTransit.prepare();
    const elsewhere = await RealTransit.prepare();
    return {
      keyring: await HashicorpKeyring.open(real.settings),
      reopen: () => HashicorpKeyring.open(real.settings),
      other: () => HashicorpKeyring.open(elsewhere.settings),
      rotate: () => real.rotate(),
      setOldest: (version) => real.setOldest(version),
      trim: (version) => real.trim(version),
      close: async () => {
        await real.close();
        await elsewhere.close();
      },
    };
  });

  it('strict mode’s key on that server is another one, under which each data key opens for itself', async () => {
    const real = await RealTransit.prepare();
    onTestFinished(() => real.close());
    const root = await HashicorpKeyring.open(real.settings);
    const keks = await root.beside('integument-data-keys');
    const [bytes = Buffer.alloc(0)] = await keks.wrap([KEY]);
    expect(await keks.unwrap([{ ...KEY, bytes }])).toEqual([KEY.bytes]);
    await expect(root.unwrap([{ ...KEY, bytes }])).rejects.toThrow(KeyringRefused);
    await expectRestOpened(keks);
    await expect(root.beside('another')).rejects.toThrow(KeyringUnavailable);
  });
} else {
  describe('the keyring on a real server', () => {
    it('does as any', ({ skip }) => {
      console.log(
        'skipped: the keyring on a real server, since KEYRING_TEST_TOKEN and KEYRING_TEST_ADDR, or VAULT_ADDR, name none',
      );
      skip();
    });
  });
}

it('a server that somebody works on with its command line is not taken for tests', () => {
  const theirs = { VAULT_ADDR: 'https://vault.example.org:8200', VAULT_TOKEN: 'hvs.of-an-operator' };
  expect(realServer(theirs)).toBeUndefined();
  expect(realServer({ ...theirs, KEYRING_TEST_ADDR: 'http://127.0.0.1:8200' })).toBeUndefined();
  expect(realServer({ ...theirs, KEYRING_TEST_TOKEN: 'for-tests' })).toMatchObject({
    address: theirs.VAULT_ADDR,
    token: 'for-tests',
  });
});
