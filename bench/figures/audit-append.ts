import { enrolPerson } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import type { PeopleServer } from '../limits/people-server.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';
import { syntheticPeople } from '../synthetic-people.js';
import { auditIsIntegrated, emptyVaultDatabase } from '../vault-database.js';

const LOAD = { connections: 16, count: 6_000, status: 201 } as const;

/**
 * What an entry costs the operation it is of: the same route of the same vault on a database of the same shape, once with its
 * entries, the integrator and all that follows the log in the same process, once without any of it.
 */
export const auditAppend: Figure = {
  name: 'audit.append',
  unit: 'requests/s',
  target: 0.85,
  higherIsBetter: true,
  rounds: 15,
  async open({ info }) {
    const load = new Load();
    const audited = await start(info, 'bench_audited', true);
    const plain = await start(info, 'bench_unaudited', false);
    const enrol = async (port: number) => {
      const token = await clientToken(info, 'brand-shop');
      const url = new URL(enrolPerson.path, `http://127.0.0.1:${port}`);
      const requests = syntheticPeople(LOAD.count).map((body) => request('POST', url, { body, token }));
      return load.put({ ...LOAD, port, requests });
    };
    return {
      async figure() {
        const rate = await enrol(audited.port);
        await auditIsIntegrated({ ...info.databases.vault, url: audited.database });
        return rate;
      },
      limit: () => enrol(plain.port),
      async close() {
        await Promise.all([load.end(), audited.server.end(), plain.server.end()]);
      },
    };
  },
};

async function start(info: Bench['info'], name: string, audited: boolean) {
  const database = await emptyVaultDatabase(info.databases.vault, name);
  const server = new SideProcess<PeopleServer, { port: number }>('./limits/people-server.js');
  const { port } = await server.ask({ database, issuer: info.urls.issuer, audited });
  return { server, port, database };
}
