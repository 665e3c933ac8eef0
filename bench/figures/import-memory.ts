import { createWriteStream, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import type { Imported, Importing } from '../limits/importing.js';
import { CLIENT } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';
import { syntheticAddress } from '../synthetic-values.js';

const MB = 1e6;
const AT_ONCE = 10_000;
/** What is still in use at the end may be this much more than after a fifth: code, and what a run learns once. */
const MAX_GROWTH_BYTES = 4e6;

/**
 * The most memory that an import of the command line has while it is at the last fifth of its rows, against that at the first
 * fifth: it does not grow with the file. Measured once, whatever the rounds.
 */
export const importMemory = importing('import.memory', 200_000);

export const importMemory5m: Figure = { ...importing('import.memory_5m', 5_000_000), long: true };

function importing(name: string, rows: number): Figure {
  return {
    name,
    unit: 'MB',
    target: 1.1,
    higherIsBetter: false,
    rounds: 1,
    open(bench) {
      let imported: Promise<Imported> | undefined;
      const once = () => (imported ??= importOf(bench, rows));
      return Promise.resolve({
        figure: async () => (await once()).last.most / MB,
        limit: async () => (await once()).first.most / MB,
        close: () => Promise.resolve(),
      });
    },
  };
}

async function importOf({ info, dataFolder }: Bench, rows: number): Promise<Imported> {
  const file = join(mkdtempSync(join(dataFolder, 'import-')), 'people.csv');
  await pipeline(Readable.from(lines(rows)), createWriteStream(file));
  const importer = new SideProcess<Importing, Imported>('./limits/importing.js');
  const { vault, issuer } = info.urls;
  const client = { clientId: CLIENT, clientSecret: info.clients[CLIENT].secret };
  const imported = await importer.ask({ file, vault, issuer, ...client });
  await importer.end();
  if (imported.kept !== rows) throw new Error(`${imported.kept} of ${rows} rows were kept`);
  refuseGrowth(imported.last.retained - imported.first.retained);
  return imported;
}

function refuseGrowth(bytes: number): void {
  if (bytes <= MAX_GROWTH_BYTES) return;
  throw new Error(`an import keeps what it is done with: ${Math.round(bytes / MB)} MB more at its end`);
}

/** A CSV with a header, in pieces: a file of millions is not held in memory. */
function* lines(rows: number): Generator<string> {
  yield 'No,E-Mail\n';
  for (let at = 0; at < rows; at += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, rows - at) }, (_, n) => at + n + 1);
    yield some.map((no) => `${no},${syntheticAddress()}\n`).join('');
  }
}
