import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { WrongUse } from '../failure.js';
import { type Place, ROW_MAX_BYTES, type Row } from './row.js';

type Pieces = AsyncIterable<Uint8Array>;
interface Parsed {
  readonly record: Buffer[];
  readonly info: { readonly bytes: number };
}

export interface CsvHeader {
  readonly columns: readonly string[];
  /** where the first row begins */
  readonly end: Place;
}

/** @param pieces the file from the byte `begin` on @throws {WrongUse} for a file without a header that names its columns */
export async function readCsvHeader(pieces: Pieces, delimiter: string, begin: number): Promise<CsvHeader> {
  for await (const { record, info } of parsed(pieces, delimiter, 1)) {
    if (!record.every((name) => isUtf8(name))) throw new WrongUse('the header is not in UTF-8');
    const columns = record.map((name) => name.toString('utf8'));
    const twice = columns.find((name, at) => columns.indexOf(name) !== at);
    if (twice !== undefined) throw new WrongUse(`two columns have the name “${twice}”`);
    if (columns.some((name) => name === '')) throw new WrongUse('a column has no name');
    return { columns, end: { bytes: begin + info.bytes, line: 1 + linesOf(record) } };
  }
  throw new WrongUse('the file is empty: its first line has to name the columns');
}

/**
 * The rows behind a place. Quoted as RFC 4180 says, lines end with LF or CRLF; empty lines are none.
 * @param pieces the file from that place on
 * @throws {WrongUse} where quotes are wrong: which rows come behind can't be known then
 */
export async function* csvRows(
  pieces: Pieces,
  columns: readonly string[],
  delimiter: string,
  from: Place,
): AsyncGenerator<Row> {
  let { line } = from;
  for await (const { record, info } of parsed(pieces, delimiter, line)) {
    const begins = line;
    line += linesOf(record);
    const end = { bytes: from.bytes + info.bytes, line };
    if (record.length === 1 && record[0]?.length === 0) continue;
    yield { line: begins, end, ...cellsOf(record, columns) };
  }
}

function cellsOf(record: readonly Buffer[], columns: readonly string[]): Pick<Row, 'broken' | 'cells'> {
  const cells = new Map<string, unknown>();
  for (const [at, cell] of record.entries()) cells.set(columns[at] ?? `${at + 1}`, cell.toString('utf8'));
  if (record.length !== columns.length) return { cells, broken: 'row.columns' };
  // Decoding has put a sign in place of what is no text, which nobody has written.
  return record.every((cell) => isUtf8(cell)) ? { cells } : { cells, broken: 'row.not_utf8' };
}

async function* parsed(pieces: Pieces, delimiter: string, line: number): AsyncGenerator<Parsed> {
  let next = line;
  const parser = parse({
    delimiter,
    // As bytes: as text, what is no UTF-8 would be replaced, and stored so. (Its option `bom` would undo this.)
    encoding: null,
    info: true,
    max_record_size: ROW_MAX_BYTES,
    // Here and not where rows are taken: those that wait to be taken are gone when a wrong one comes.
    on_record: (one) => {
      // With `info` it is no bare record, whatever its type says.
      next += linesOf((one as unknown as Parsed).record);
      return one;
    },
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
  });
  const source = Readable.from(pieces, { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    yield* parser as AsyncIterable<Parsed>;
  } catch (error) {
    const { code } = error as CsvError;
    if (!/CSV|QUOTE/.test(String(code))) throw error;
    // Its message would quote the row.
    throw new WrongUse(`the row that begins on line ${next} is no CSV (${code})`);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

function linesOf(record: readonly Buffer[]): number {
  let lines = 1;
  for (const cell of record) {
    for (let at = cell.indexOf(0x0a); at >= 0; at = cell.indexOf(0x0a, at + 1)) lines++;
  }
  return lines;
}
