import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import {
  Frontier,
  formatCheckpointLine,
  formatEntry,
  formatHeader,
  leafHash,
  type NoteSigner,
  signCheckpoint,
} from '@integument/audit-log';

const CHECKPOINT_EVERY = 1_000;
const ENTRY_BYTES = 400;

/**
 * Writes an export of entries of 400 bytes each, with a signed checkpoint after every thousandth and after the last.
 * @returns bytes of a line on average, an entry's share of the checkpoints included
 */
export async function writeExport(file: string, size: number, signer: NoteSigner): Promise<number> {
  const out = createWriteStream(file, { highWaterMark: 1 << 20 });
  out.write(`${formatHeader({ origin: signer.name, size })}\n`);
  const tree = new Frontier();
  for (let first = 0; first < size; first += CHECKPOINT_EVERY) {
    const lines: string[] = [];
    for (let position = first; position < Math.min(first + CHECKPOINT_EVERY, size); position++) {
      const entry = entryAt(position);
      const leaf = leafHash(entry);
      tree.append(leaf);
      lines.push(formatEntry({ position, leaf, entry }));
    }
    lines.push(formatCheckpointLine(signCheckpoint({ size: tree.size, root: tree.root() }, signer)), '');
    if (!out.write(lines.join('\n'))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return Math.round(out.bytesWritten / size);
}

function entryAt(position: number): Buffer {
  const head = `{"v":1,"at":"2026-01-15T12:00:00.000Z","action":"people.enrol","outcome":"done","object":"`;
  return Buffer.from(`${head}${String(position).padStart(ENTRY_BYTES - head.length - 2, '0')}"}`);
}
