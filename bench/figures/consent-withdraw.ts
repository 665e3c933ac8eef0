import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PERMIT_HEADER, storeReadings } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import type { TwoInserts } from '../limits/two-inserts.js';
import { Connection } from '../load/connection.js';
import { request } from '../load/load.js';
import { median } from '../measure.js';
import { SideProcess } from '../side-process.js';
import { Withdrawals } from '../withdrawals.js';

const PROMISED_MS = 200;
const WRITERS = 16;
const HOT = 100;
const EACH = 40;

/** How long a withdrawal takes, against a route that writes one durable row into each database. */
export const consentWithdraw: Figure = {
  name: 'consent.withdraw',
  unit: 'ms',
  target: 3,
  higherIsBetter: false,
  rounds: 15,
  async open({ info }) {
    const bare = new SideProcess<TwoInserts, { port: number }>('./limits/two-inserts.js');
    const { platform, vault } = info.databases;
    const { port } = await bare.ask({ platform: platform.url, vault: vault.url });
    const withdrawals = await Withdrawals.of(info, 'bench-withdraws');
    const connection = await Connection.open(port);
    return {
      figure: async () => median(await withdrawals.times(EACH)),
      limit: async () => median(await timesOf(connection, withdrawals.request, EACH)),
      async close() {
        connection.close();
        await Promise.all([withdrawals.close(), bare.end()]);
      },
    };
  },
};

/**
 * The 99th percentile of a hundred withdrawals, their slowest but one, while sixteen writers hold that very gate. There is nothing to
 * measure it against: the limit is what was promised. Measured once, whatever the rounds.
 */
export const consentWithdrawHot: Figure = {
  name: 'consent.withdraw_hot',
  unit: 'ms',
  target: 1,
  higherIsBetter: false,
  rounds: 1,
  open(bench) {
    let measured: Promise<number> | undefined;
    return Promise.resolve({
      figure: () => (measured ??= percentileUnderWriters(bench)),
      limit: () => Promise.resolve(PROMISED_MS),
      close: () => Promise.resolve(),
    });
  },
};

async function timesOf(connection: Connection, bytes: Buffer, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let done = 0; done < count; done++) {
    const started = performance.now();
    const status = await connection.send(bytes);
    times.push(performance.now() - started);
    if (status !== 200) throw new Error(`the limit answered ${status}`);
  }
  return times;
}

async function percentileUnderWriters({ info }: Bench): Promise<number> {
  const withdrawals = await Withdrawals.of(info, 'bench-withdraws-hot');
  const token = await clientToken(info, 'skin-app');
  const url = new URL(storeReadings.path, info.urls.api);
  const counts = { stored: 0 };
  let isOver = false;
  const write = async () => {
    const connection = await Connection.open(Number(url.port));
    while (!isOver) {
      const body = { batch: randomUUID(), stream: 'heart-rate', readings: [[Date.UTC(2026, 5, 1), 60]] };
      const headers = { [PERMIT_HEADER]: withdrawals.permit };
      const status = await connection.send(request('POST', url, { token, body, headers }));
      if (status < 300) counts.stored++;
      else if (status !== 403) throw new Error(`a writer was answered ${status}`);
    }
    connection.close();
  };
  const writers = Promise.all(Array.from({ length: WRITERS }, write));
  // A gate that nobody holds is not hot.
  const held = async () => {
    for (const least = counts.stored + WRITERS; counts.stored < least; ) await sleep(1);
  };
  const times = await Promise.race([withdrawals.times(HOT, held), writers.then(endedFirst)]);
  isOver = true;
  await writers;
  await withdrawals.close();
  const percentile = times.sort((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1];
  return percentile ?? endedFirst();
}

function endedFirst(): never {
  throw new Error('no withdrawal was measured while writers held the gate');
}
