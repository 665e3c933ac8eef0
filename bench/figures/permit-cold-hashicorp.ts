import type { Figure } from '../figure.js';
import type { PermitKeys } from '../limits/permit-keys.js';
import type { TransitAddress } from '../limits/transit-stand-in.js';
import { SideProcess } from '../side-process.js';
import { emptyVaultDatabase } from '../vault-database.js';

const PERMITS = 1_000;

/** In strict mode: a thousand permits' keys at their first use, in one request, against as many one after another. */
export const permitColdHashicorp: Figure = {
  name: 'permit.cold.hashicorp',
  unit: 'keys/s',
  target: 10,
  higherIsBetter: true,
  rounds: 7,
  async open({ info }) {
    const standIn = new SideProcess<object, TransitAddress>('./limits/transit-stand-in.js');
    const keys = new SideProcess<PermitKeys, { seconds: number }>('./limits/permit-keys.js');
    const database = await emptyVaultDatabase(info.databases.vault, 'bench_permit_keys');
    const transit = await standIn.ask({});
    await keys.ask({ open: { database, issuer: info.urls.issuer, transit } });
    const rate = async (atOnce: number) => {
      const { seconds } = await keys.ask({ tell: { permits: PERMITS, atOnce } });
      return PERMITS / seconds;
    };
    return {
      figure: () => rate(PERMITS),
      limit: () => rate(1),
      async close() {
        await Promise.all([keys.end(), standIn.end()]);
      },
    };
  },
};
