import { BenchLog } from '../bench-log.js';
import type { Figure } from '../figure.js';

const ENTRIES = 200_000;

// No order, no number of its own, no hash, no tree, no signature: what PostgreSQL takes for the move alone.
const MOVE = `
  WITH moved AS (DELETE FROM audit_staging RETURNING ordinal, entry)
  INSERT INTO audit_entry (position, leaf_hash, entry) SELECT ordinal, decode(repeat('00', 32), 'hex'), entry FROM moved`;

/** Staged entries into the signed tree, durably, against the same rows moved from one table into the other. */
export const auditIntegrate: Figure = {
  name: 'audit.integrate',
  unit: 'entries/s',
  target: 0.4,
  higherIsBetter: true,
  atLeast: 80_000,
  rounds: 7,
  async open({ info }) {
    const log = await BenchLog.open(info.databases.vault, 'bench_integrate');
    const raw = await BenchLog.open(info.databases.vault, 'bench_moved');
    return {
      figure: () => rate(log, () => log.integrator.integrate()),
      limit: () => rate(raw, () => raw.query(MOVE)),
      async close() {
        await Promise.all([log.close(), raw.close()]);
      },
    };
  },
};

async function rate(log: BenchLog, move: () => Promise<unknown>): Promise<number> {
  await log.stage(ENTRIES);
  const started = performance.now();
  await move();
  const seconds = (performance.now() - started) / 1_000;
  const [left] = await log.query<{ waiting: boolean }>(
    'SELECT EXISTS (SELECT FROM audit_staging) AS waiting',
  );
  if (left?.waiting !== false) throw new Error('not every entry was moved');
  return ENTRIES / seconds;
}
