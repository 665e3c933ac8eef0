import { describe, it } from 'vitest';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { keyringContract } from './keyring.contract.js';
import { RealTransit, realServer } from './real-transit.fixture.js';

if (realServer()) {
  keyringContract('the keyring on the server that VAULT_ADDR names', async () => {
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
      console.log('skipped: the keyring on a real server, since VAULT_ADDR and VAULT_TOKEN name none');
      skip();
    });
  });
}
