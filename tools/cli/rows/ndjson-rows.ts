import { isUtf8 } from 'node:buffer';
import { hasExactNumbers } from './exact-numbers.js';
import { NO_CELLS, type Place, ROW_MAX_BYTES, type Row } from './row.js';

const LINE_FEED = 0x0a;

interface Line {
  /** undefined for one that is too long */
  readonly bytes: Buffer | undefined;
  /** with its line feed */
  readonly length: number;
}

/** The rows behind a place: an object of JSON on each line. Empty lines are none. @param pieces the file from there on */
export async function* ndjsonRows(pieces: AsyncIterable<Uint8Array>, from: Place): AsyncGenerator<Row> {
  let end = from;
  for await (const { bytes, length } of lines(pieces)) {
    const { line } = end;
    end = { bytes: end.bytes + length, line: line + 1 };
    if (bytes && blank(bytes)) continue;
    yield { line, end, ...cellsOf(bytes) };
  }
}

function cellsOf(bytes: Buffer | undefined): Pick<Row, 'broken' | 'cells'> {
  if (!bytes) return { cells: NO_CELLS, broken: 'row.too_long' };
  const text = bytes.toString('utf8');
  const raw = new Map([['row', text]]);
  if (!isUtf8(bytes)) return { cells: raw, broken: 'row.not_utf8' };
  const value = jsonOf(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { cells: raw, broken: 'row.not_json' };
  }
  if (!hasExactNumbers(text)) return { cells: raw, broken: 'row.number_inexact' };
  return { cells: new Map<string, unknown>(Object.entries(value)) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function blank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Not by `node:readline`, which also ends a line at U+2028, which JSON may hold as it is. */
async function* lines(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let begun: Buffer[] = [];
  let length = 0;
  const take = (): Line => {
    const line = { bytes: length > ROW_MAX_BYTES ? undefined : Buffer.concat(begun), length };
    [begun, length] = [[], 0];
    return line;
  };
  for await (const piece of pieces) {
    let rest = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = rest.indexOf(LINE_FEED); at >= 0; at = rest.indexOf(LINE_FEED)) {
      if (length <= ROW_MAX_BYTES) begun.push(rest.subarray(0, at));
      length += at + 1;
      yield take();
      rest = rest.subarray(at + 1);
    }
    // What is too long is counted, and not kept.
    if (length <= ROW_MAX_BYTES) begun.push(rest);
    length += rest.length;
  }
  if (length > 0) yield take();
}
