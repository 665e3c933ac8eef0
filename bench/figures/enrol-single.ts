import { enrolPerson } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Figure } from '../figure.js';
import type { BareRoute } from '../limits/bare-server.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';
import { syntheticPeople } from '../synthetic-people.js';
import { auditIsIntegrated, twinOfVaultDatabase } from '../vault-database.js';

const LOAD = { connections: 16, count: 4_000, status: 201 } as const;

/** One person a request, all identity fields, against a bare route that inserts the same JSON as one row. */
export const enrolSingle: Figure = {
  name: 'enrol.single',
  unit: 'people/s',
  target: 0.4,
  higherIsBetter: true,
  rounds: 15,
  async open({ info }) {
    const load = new Load();
    const bare = new SideProcess<BareRoute, { port: number }>('./limits/bare-server.js');
    const database = await twinOfVaultDatabase(info.databases.vault, 'bench_single');
    const { port } = await bare.ask({ route: 'insert', database });
    const route = new URL(enrolPerson.path, info.urls.vault);
    const requests = (url: URL, token?: string) =>
      syntheticPeople(LOAD.count).map((body) => request('POST', url, { body, ...(token && { token }) }));
    return {
      async figure() {
        const token = await clientToken(info, 'brand-shop');
        const rate = await load.put({ ...LOAD, port: Number(route.port), requests: requests(route, token) });
        await auditIsIntegrated(info.databases.vault);
        return rate;
      },
      limit: () => load.put({ ...LOAD, port, requests: requests(new URL(`http://127.0.0.1:${port}/`)) }),
      async close() {
        await Promise.all([load.end(), bare.end()]);
      },
    };
  },
};
