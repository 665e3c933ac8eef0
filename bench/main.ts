import { join } from 'node:path';
import { PROJECT_FOLDER } from '../tools/project-folder.js';
import { Bench } from './bench.js';
import { choose, WrongChoice } from './choice.js';
import type { Figure } from './figure.js';
import { FIGURES } from './figures/index.js';
import { isMet, type Measurement, measure } from './measure.js';
import { table, writeResults } from './report.js';

const RESULTS = '.bench/latest.json';

/** One figure after the other: two at a time would measure each other. */
async function measureAll(figures: readonly Figure[], bench: Bench): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const figure of figures) {
    console.log(`${figure.name}: ${figure.rounds} rounds …`);
    const pair = await figure.open(bench);
    try {
      measurements.push(await measure(figure, pair));
    } finally {
      await pair.close();
    }
  }
  return measurements;
}

async function run(): Promise<void> {
  const figures = choose(FIGURES, process.env);
  const bench = await Bench.start();
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      interrupted = true;
      void bench.stop().then(() => process.exit(1));
    });
  }
  try {
    const measurements = await measureAll(figures, bench);
    writeResults(join(PROJECT_FOLDER, RESULTS), measurements);
    console.log(`\n${table(measurements)}\n\nWritten to ${RESULTS}.`);
    // A missed target is news for people and for whoever reads the results, not a failed command: machines are noisy.
    const missed = measurements.filter((measurement) => !isMet(measurement));
    if (missed.length > 0) console.log(`Missed: ${missed.map(({ name }) => name).join(', ')}.`);
  } finally {
    if (!interrupted) await bench.stop();
  }
}

await run().catch((error: unknown) => {
  // A wrong name says which there are; only an unexpected error needs its stack.
  console.error(error instanceof WrongChoice ? error.message : error);
  process.exitCode = 1;
});
