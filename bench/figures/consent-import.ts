import { setTimeout as sleep } from 'node:timers/promises';
import { dayOf, importConsents, type PurposeName } from '@integument/contracts';
import type { DatabaseInfo } from '@integument/testing';
import pg from 'pg';
import { clientToken } from '../../tools/outside/client-token.js';
import { noticeOf } from '../../tools/outside/notices.js';
import type { Bench } from '../bench.js';
import { enrolledPeople } from '../enrolled-people.js';
import type { Figure } from '../figure.js';
import type { RawImports } from '../limits/raw-imports.js';
import { Load, request } from '../load/load.js';
import { CLIENT } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';
import { auditIsIntegrated, emptyPlatformDatabase, twinOfVaultDatabase } from '../vault-database.js';

const CALLS = 10;
const CONSENTS = 1_000;
const CONCURRENT = 2;
// Not those that a model is trained for: the worker's other work would be measured, too.
const PURPOSES: readonly PurposeName[] = ['ingest', 'analytics'];
const ROUNDS = 5;
const LOOK_MS = 10;
const EVIDENCE = {
  form: 'checkout-2023',
  version: 7,
  wording: 'Yes, tell me what suits my skin',
  address: '192.0.2.17',
};

/** From the first call until the last gate is open, evidence sealed and everything audited in both logs. */
export const consentImport: Figure = {
  name: 'consent.import',
  unit: 'consents/s',
  target: 0.2,
  higherIsBetter: true,
  atLeast: 5_000,
  rounds: ROUNDS,
  async open({ info }: Bench) {
    const { vault, platform } = info.databases;
    const load = new Load();
    const raw = new SideProcess<RawImports, { seconds: number }>('./limits/raw-imports.js');
    const twins = {
      vault: await twinOfVaultDatabase(vault, 'bench_imports'),
      platform: await emptyPlatformDatabase(platform, 'bench_imports'),
    };
    const route = new URL(importConsents.path, info.urls.vault);
    // One more than is measured warms up; each round is about consents that nobody has brought yet.
    const groups = Math.ceil((ROUNDS + 1) / PURPOSES.length);
    const people = await enrolledPeople(info, groups * CALLS);
    let round = 0;
    return {
      async figure() {
        const purpose = PURPOSES[round % PURPOSES.length] ?? 'ingest';
        const first = Math.floor(round++ / PURPOSES.length) * CALLS;
        const token = await clientToken(info, CLIENT);
        const requests = Array.from({ length: CALLS }, (_, at) => {
          const some = people.slice((first + at) * CONSENTS, (first + at + 1) * CONSENTS);
          return request('POST', route, {
            token,
            body: { consents: some.map((one) => consentOf(one, purpose)) },
          });
        });
        const order = { port: Number(route.port), connections: CONCURRENT, count: CALLS, status: 202 };
        const started = performance.now();
        await load.put({ ...order, requests });
        await untilOpened(vault);
        const seconds = (performance.now() - started) / 1_000;
        await refuseFewer(platform, round * CALLS * CONSENTS);
        await Promise.all([auditIsIntegrated(vault), auditIsIntegrated(platform)]);
        return (CALLS * CONSENTS) / seconds;
      },
      async limit() {
        const evidence = JSON.stringify(EVIDENCE).length;
        const work = { batches: CALLS, consents: CONSENTS, concurrent: CONCURRENT, evidence };
        const { seconds } = await raw.ask({ ...twins, ...work });
        return (CALLS * CONSENTS) / seconds;
      },
      async close() {
        await Promise.all([load.end(), raw.end()]);
      },
    };
  },
};

function consentOf(person: string, purpose: PurposeName) {
  return { person, purpose, notice: noticeOf(purpose), givenOn: dayOf(Date.now()), evidence: EVIDENCE };
}

/** What the vault strikes from its list is open. */
async function untilOpened({ url }: DatabaseInfo): Promise<void> {
  await asking(url, async (client) => {
    for (let waiting = true; waiting; await sleep(waiting ? LOOK_MS : 0)) {
      const { rows } = await client.query<{ waiting: boolean }>(
        'SELECT EXISTS (SELECT FROM imported_opening) AS waiting',
      );
      waiting = rows[0]?.waiting === true;
    }
  });
}

/** @throws where some were refused, and fast */
async function refuseFewer({ url }: DatabaseInfo, expected: number): Promise<void> {
  await asking(url, async (client) => {
    const { rows } = await client.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM consent_event JOIN permit_gate USING (gate_id)
       WHERE channel = 'import' AND state = 'open'`,
    );
    if (rows[0]?.open !== expected) throw new Error(`${rows[0]?.open} gates are open, not ${expected}`);
  });
}

async function asking(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
