import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { verifyExport } from '@integument/audit-log';
import { answerQuestions } from '../side-process.js';

/** An export in a file, to be verified or only to be hashed. */
export interface ExportReader {
  readonly file: string;
  /** of the key that signed it; without, two hashes are made for each entry and nothing else */
  readonly vkey?: string;
  /** bytes of an entry's line */
  readonly lineBytes: number;
}

export interface ExportRead {
  readonly seconds: number;
  /** the most memory that this process has ever had, in bytes */
  readonly maxRss: number;
}

// As tools/verify reads a file.
const PIECE = 1 << 20;

async function read({ file, vkey, lineBytes }: ExportReader): Promise<ExportRead> {
  const source = createReadStream(file, { highWaterMark: PIECE });
  const started = performance.now();
  if (vkey === undefined) await hashLines(source, lineBytes);
  else await verify(source, vkey);
  const seconds = (performance.now() - started) / 1_000;
  return { seconds, maxRss: process.resourceUsage().maxRSS * 1_024 };
}

async function verify(source: AsyncIterable<Uint8Array>, vkey: string): Promise<void> {
  const report = await verifyExport(source, vkey);
  if (!report.ok) throw new Error(report.message);
}

/** The entry, and the node that it becomes part of. As text: a digest in a buffer of its own would cost more than the hash. */
async function hashLines(source: AsyncIterable<Uint8Array>, lineBytes: number): Promise<void> {
  const node = new Uint8Array(65);
  for await (const piece of source) {
    for (let at = 0; at < piece.length; at += lineBytes) {
      hash('sha256', piece.subarray(at, at + lineBytes), 'binary');
      hash('sha256', node, 'binary');
    }
  }
}

answerQuestions(read);
