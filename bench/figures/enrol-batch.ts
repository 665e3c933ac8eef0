import { enrolPeople } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Figure } from '../figure.js';
import type { RawEnrolment } from '../limits/raw-enrolment.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';
import { syntheticPeople } from '../synthetic-people.js';
import { auditIsIntegrated, refuseUnequalRows, twinOfVaultDatabase } from '../vault-database.js';

const CALLS = 8;
const PEOPLE = 1_000;
const CONCURRENT = 2;

/** Full batches, durable, encrypted, audited, against the same rows from arrays that only had to be sent. */
export const enrolBatch: Figure = {
  name: 'enrol.batch',
  unit: 'people/s',
  target: 0.4,
  higherIsBetter: true,
  rounds: 11,
  async open({ info }) {
    const { vault } = info.databases;
    const load = new Load();
    const raw = new SideProcess<RawEnrolment, { seconds: number }>('./limits/raw-enrolment.js');
    const twin = await twinOfVaultDatabase(vault, 'bench_batch');
    const route = new URL(enrolPeople.path, info.urls.vault);
    const batch = (token: string) =>
      request('POST', route, { token, body: { people: syntheticPeople(PEOPLE) } });
    return {
      async figure() {
        const token = await clientToken(info, 'brand-shop');
        const requests = Array.from({ length: CALLS }, () => batch(token));
        const order = { port: Number(route.port), connections: CONCURRENT, count: CALLS, status: 201 };
        const rate = await load.put({ ...order, requests });
        await auditIsIntegrated(vault);
        return rate * PEOPLE;
      },
      async limit() {
        const work = { transactions: CALLS, people: PEOPLE, concurrent: CONCURRENT };
        const { seconds } = await raw.ask({ database: twin, ...work });
        return (CALLS * PEOPLE) / seconds;
      },
      async close() {
        await Promise.all([load.end(), raw.end()]);
        await refuseUnequalRows(vault.url, twin);
      },
    };
  },
};
