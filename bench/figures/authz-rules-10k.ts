import { noop } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Figure } from '../figure.js';
import type { PeopleServer } from '../limits/people-server.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';
import { storeRules, tenThousandRules } from '../stored-rules.js';
import { emptyVaultDatabase } from '../vault-database.js';

const LOAD = { connections: 64, count: 30_000, status: 200 } as const;
const CLIENT = 'brand-shop';

/** What ten thousand stored rules cost an authorized route: the same vault twice, with them in force and with none. */
export const authzRules10k: Figure = {
  name: 'authz.rules_10k',
  unit: 'requests/s',
  target: 0.9,
  higherIsBetter: true,
  rounds: 25,
  async open({ info }) {
    const load = new Load();
    const issuer = info.urls.issuer;
    const serve = async (name: string, rules: boolean) => {
      const database = await emptyVaultDatabase(info.databases.vault, name);
      if (rules) await storeRules(database, tenThousandRules(CLIENT));
      const server = new SideProcess<PeopleServer, { port: number }>('./limits/people-server.js');
      const { port } = await server.ask({ database, issuer, audited: false });
      return { server, port };
    };
    const ruled = await serve('bench_rules', true);
    const free = await serve('bench_no_rules', false);
    const put = async (port: number) => {
      const token = await clientToken(info, CLIENT);
      const requests = [request('GET', new URL(noop.path, `http://127.0.0.1:${port}`), { token })];
      return load.put({ ...LOAD, port, requests });
    };
    return {
      figure: () => put(ruled.port),
      limit: () => put(free.port),
      async close() {
        await Promise.all([load.end(), ruled.server.end(), free.server.end()]);
      },
    };
  },
};
