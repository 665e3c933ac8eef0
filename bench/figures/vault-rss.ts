import { setTimeout as sleep } from 'node:timers/promises';
import { makeTokens, revealToken } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import { Load, request } from '../load/load.js';
import { CLIENT, someTokens, WISH } from '../made-tokens.js';
import { residentBytes } from '../resident-bytes.js';
import { syntheticValues } from '../synthetic-values.js';

const MINUTE_MS = 60_000;
const MB = 1e6;
const SAMPLE_MS = 250;
const PROMISED_MB = 200;
const BATCH = 1_000;

/**
 * The most memory that the vault's process has during a minute of batches and single reveals. There is nothing to measure it
 * against: the limit is what was promised. Measured once, whatever the rounds.
 */
export const vaultRss: Figure = {
  name: 'vault.rss',
  unit: 'MB',
  target: 1,
  higherIsBetter: false,
  rounds: 1,
  open(bench) {
    let most: Promise<number> | undefined;
    return Promise.resolve({
      figure: () => (most ??= mostUnderLoad(bench)),
      limit: () => Promise.resolve(PROMISED_MB),
      close: () => Promise.resolve(),
    });
  },
};

async function mostUnderLoad({ info, vaultProcess }: Bench): Promise<number> {
  const vault = new URL(info.urls.vault);
  const token = await clientToken(info, CLIENT);
  const batches = Array.from({ length: 20 }, () =>
    request('POST', new URL(makeTokens.path, vault), { token, body: { values: syntheticValues(BATCH) } }),
  );
  const reveals = (await someTokens(info, 2 * BATCH)).map((one) =>
    request('POST', new URL(revealToken.path, vault), { token, body: { token: one, ...WISH } }),
  );
  const until = Date.now() + MINUTE_MS;
  const [most] = await Promise.all([
    mostResident(vaultProcess, until),
    putUntil(until, { port: Number(vault.port), connections: 2, requests: batches }),
    putUntil(until, { port: Number(vault.port), connections: 16, requests: reveals }),
  ]);
  return most / MB;
}

async function mostResident(process: number, until: number): Promise<number> {
  let most = 0;
  for (; Date.now() < until; await sleep(SAMPLE_MS)) most = Math.max(most, residentBytes(process));
  return most;
}

interface Sent {
  readonly port: number;
  readonly connections: number;
  readonly requests: readonly Buffer[];
}

async function putUntil(until: number, sent: Sent): Promise<void> {
  const load = new Load();
  while (Date.now() < until) await load.put({ ...sent, count: sent.requests.length, status: 200 });
  await load.end();
}
