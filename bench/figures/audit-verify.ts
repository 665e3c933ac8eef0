import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { generateNoteKey, NoteSigner } from '@integument/audit-log';
import { writeExport } from '../export-file.js';
import type { Figure } from '../figure.js';
import type { ExportRead, ExportReader } from '../limits/export-reader.js';
import { SideProcess } from '../side-process.js';

const ENTRIES = 1_000_000;
const FEWER = 100_000;
/** An export of ten times as many entries, of half a gigabyte, may take this much more memory: the garbage of a busy moment. */
const MAX_GROWTH_BYTES = 64 << 20;

/** A verifier reads an export from a file, against a program that only hashes as many bytes as often. */
export const auditVerify: Figure = {
  name: 'audit.verify',
  unit: 'entries/s',
  target: 0.5,
  higherIsBetter: true,
  atLeast: 300_000,
  rounds: 9,
  async open({ dataFolder }) {
    const folder = mkdtempSync(join(dataFolder, 'export-'));
    const { skey, vkey } = generateNoteKey('bench.local/vault');
    const lineBytes = await writeExport(join(folder, 'long'), ENTRIES, NoteSigner.parse(skey));
    await writeExport(join(folder, 'short'), FEWER, NoteSigner.parse(skey));
    const verifier = new SideProcess<ExportReader, ExportRead>('./limits/export-reader.js');
    const hashes = new SideProcess<ExportReader, ExportRead>('./limits/export-reader.js');
    const fewer = await verifier.ask({ file: join(folder, 'short'), vkey, lineBytes });
    const long = { file: join(folder, 'long'), lineBytes };
    return {
      async figure() {
        const { seconds, maxRss } = await verifier.ask({ ...long, vkey });
        refuseGrowth(maxRss - fewer.maxRss);
        return ENTRIES / seconds;
      },
      limit: async () => ENTRIES / (await hashes.ask(long)).seconds,
      async close() {
        await Promise.all([verifier.end(), hashes.end()]);
      },
    };
  },
};

function refuseGrowth(bytes: number): void {
  if (bytes <= MAX_GROWTH_BYTES) return;
  throw new Error(`a longer export took ${Math.round(bytes / (1 << 20))} MiB more memory`);
}
