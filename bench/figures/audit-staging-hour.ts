import { setTimeout as sleep } from 'node:timers/promises';
import { BenchLog } from '../bench-log.js';
import type { Figure } from '../figure.js';
import { steadily } from '../steady-load.js';

const MINUTES = Number(process.env.MINUTES ?? 5);
const LOAD = { perSecond: 1_000, seconds: 60, concurrent: 8 } as const;
/** In each minute somebody's transaction stays open for so long, and keeps vacuum from what was moved meanwhile. */
const HELD_MS = 20_000;

const STAGE_ONE = "INSERT INTO audit_staging (entry) VALUES (convert_to(repeat('x', 430), 'UTF8'))";

/**
 * How much disk the staging table takes after minutes of steady load (`MINUTES`, 60 for the hour) against after the first:
 * it must use again what the integrator emptied. Measured once, whatever the rounds.
 */
export const auditStagingHour: Figure = {
  name: 'audit.staging_hour',
  unit: 'MiB',
  target: 2,
  higherIsBetter: false,
  rounds: 1,
  long: true,
  async open({ info }) {
    if (!(MINUTES >= 2)) throw new RangeError('MINUTES has to be 2 or more');
    const log = await BenchLog.open(info.databases.vault, 'bench_staging');
    log.integrator.start();
    let sizes: Promise<readonly [first: number, last: number]> | undefined;
    const measured = () => (sizes ??= underLoad(log));
    return {
      figure: async () => (await measured())[1],
      limit: async () => (await measured())[0],
      async close() {
        await log.integrator.stop();
        await log.close();
      },
    };
  },
};

async function underLoad(log: BenchLog): Promise<readonly [number, number]> {
  await minute(log);
  const first = await stagingMiB(log);
  for (let n = 1; n < MINUTES; n++) await minute(log);
  return [first, await stagingMiB(log)];
}

async function minute(log: BenchLog): Promise<void> {
  await Promise.all([steadily(() => log.query(STAGE_ONE), LOAD), holdOpen(log)]);
}

async function holdOpen({ unitOfWork }: BenchLog): Promise<void> {
  await unitOfWork.run(async (tx) => {
    await tx.query(STAGE_ONE);
    await sleep(HELD_MS);
  });
}

async function stagingMiB(log: BenchLog): Promise<number> {
  const [row] = await log.query<{ bytes: string }>("SELECT pg_relation_size('audit_staging') AS bytes");
  return Number(row?.bytes) / (1 << 20);
}
