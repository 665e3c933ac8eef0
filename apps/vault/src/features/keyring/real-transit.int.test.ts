import { describe, expect, it } from 'vitest';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { RealTransit, realServer } from './real-transit.fixture.js';

if (realServer()) {
  keyringContract('the keyring on the server that KEYRING_TEST_ADDR names', async () => {
    const real = await RealTransit.prepare();
    const elsewhere = await RealTransit.prepare();
    return {
      keyring: await HashicorpKeyring.open(real.settings),
      reopen: () => HashicorpKeyring.open(real.settings),
      other: () => HashicorpKeyring.open(elsewhere.settings),
      rotate: () => real.rotate(),
      setOldest: (version) => real.setOldest(version),
      close: async () => {
        await real.close();
        await elsewhere.close();
      },
    };
  });
} else {
  describe('the keyring on a real server', () => {
    it('does as any', ({ skip }) => {
      console.log(
        'skipped: the keyring on a real server, since KEYRING_TEST_ADDR and KEYRING_TEST_TOKEN name none',
      );
      skip();
    });
  });
}

it('a server that somebody works on with its command line is not taken for tests', () => {
  const theirs = { VAULT_ADDR: 'https://vault.example.org:8200', VAULT_TOKEN: 'hvs.of-an-operator' };
  expect(realServer(theirs)).toBeUndefined();
  expect(realServer({ ...theirs, KEYRING_TEST_ADDR: 'http://127.0.0.1:8200' })).toBeUndefined();
});
