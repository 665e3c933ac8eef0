import { type ExportHeader, parseHeader } from './export-format.js';
import { concat, fromUtf8, isUtf8 } from './primitives.js';

const MAX_HEADER_BYTES = 400_000;
const LINE_END = 0x0a;

/** An export of which the first line has been read, so that it can be told of which log it is. */
export interface ExportStream {
  /** undefined if the first line is no header. Nothing of it is verified yet. */
  readonly header: ExportHeader | undefined;
  /** whether there was not one byte */
  readonly isEmpty: boolean;
  /** what follows the first line */
  readonly rest: AsyncIterable<Uint8Array>;
  /** Lets go of the source, read to its end or not. */
  close(): Promise<void>;
}

/**
 * Reads an export's first line.
 * @throws whatever reading the source throws
 */
export async function openExport(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<ExportStream> {
  const chunks = inTurn(source);
  let head = new Uint8Array();
  let end = -1;
  while (end < 0 && head.length <= MAX_HEADER_BYTES) {
    const next = await chunks.next();
    if (next.done) break;
    head = Uint8Array.from(concat(head, next.value));
    end = head.indexOf(LINE_END);
  }
  return {
    header: end < 0 ? undefined : readHeader(head.subarray(0, end)),
    isEmpty: head.length === 0,
    rest: behind(head.subarray(end + 1), chunks),
    close: async () => void (await chunks.return(undefined)),
  };
}

function readHeader(line: Uint8Array): ExportHeader | undefined {
  return isUtf8(line) ? parseHeader(fromUtf8(line)) : undefined;
}

async function* inTurn(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}

async function* behind(first: Uint8Array, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* chunks;
}
