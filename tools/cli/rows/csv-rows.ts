import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { WrongUse } from '../failure.js';
import { type Place, ROW_MAX_BYTES, type Row } from './row.js';

type Pieces = AsyncIterable<Uint8Array>;
interface Parsed {
  readonly record: Buffer[];
  /** of the file up to here */
  readonly info: { readonly bytes: number; readonly empty_lines: number };
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
    checkNames(columns);
    return { columns, end: { bytes: begin + info.bytes, line: 1 + info.empty_lines + linesOf(record) } };
  }
  throw new WrongUse('the file is empty: its first line has to name the columns');
}

/** By their places: in a file without a header, what stands there is somebody's. */
function checkNames(columns: readonly string[]): void {
  if (columns.some((name) => /\r(?!\n)/.test(name)))
    throw new WrongUse('the first line has a carriage return alone: lines end with LF or CRLF');
  const empty = columns.indexOf('');
  if (empty >= 0) throw new WrongUse(`the column ${empty + 1} has no name in the first line`);
  const twice = columns.findIndex((name, at) => columns.indexOf(name) !== at);
  if (twice < 0) return;
  const first = columns.indexOf(columns[twice] ?? '');
  throw new WrongUse(`the columns ${first + 1} and ${twice + 1} have the same name in the first line`);
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
  let lines = 0;
  for await (const { record, info } of parsed(pieces, delimiter, from.line)) {
    const begins = from.line + info.empty_lines + lines;
    lines += linesOf(record);
    const end = { bytes: from.bytes + info.bytes, line: begins + linesOf(record) };
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
  const begun = new BegunRow(line);
  const parser = parse({
    delimiter,
    // As bytes: as text, what is no UTF-8 would be replaced, and stored so. (Its option `bom` would undo this.)
    encoding: null,
    info: true,
    // Of a cell; it counts whole rows only as text.
    max_record_size: ROW_MAX_BYTES,
    // Here and not where rows are taken: those that wait to be taken are gone when a wrong one comes.
    on_record: (one) => {
      // With `info` it is no bare record, whatever its type says.
      begun.end(one as unknown as Parsed);
      return one;
    },
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    // Those without quotes alone: a row of one cell may have nothing in it.
    skip_empty_lines: true,
  });
  const source = Readable.from(checked(pieces, begun, parser), { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    yield* parser as AsyncIterable<Parsed>;
  } catch (error) {
    const { code } = error as CsvError;
    if (!/CSV|QUOTE/.test(String(code))) throw error;
    // Its message would quote the row.
    throw new WrongUse(`the row that begins on line ${begun.lineAt(parser.info)} is no CSV (${code})`);
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** Before each piece the parser has had those before, but for a few that wait. */
async function* checked(pieces: Pieces, begun: BegunRow, { info }: Pick<Parsed, 'info'>): Pieces {
  for await (const piece of pieces) {
    begun.check(info);
    yield piece;
  }
}

/** The row that is being read, which may have no end. */
class BegunRow {
  #lines = 0;
  #bytes = 0;
  #empty = 0;

  constructor(private readonly from: number) {}

  /** @param info up to the last cell @throws {CsvError} where the row has become longer than any row is */
  check({ bytes, empty_lines }: Parsed['info']): void {
    // An empty line before it has two bytes at most.
    if (bytes - this.#bytes - 2 * (empty_lines - this.#empty) <= ROW_MAX_BYTES) return;
    throw new CsvError('CSV_MAX_RECORD_SIZE', 'a row that is too long', { encoding: null } as never);
  }

  end({ record, info }: Parsed): void {
    this.check(info);
    this.#bytes = info.bytes;
    this.#empty = info.empty_lines;
    this.#lines += linesOf(record);
  }

  lineAt({ empty_lines }: Pick<Parsed['info'], 'empty_lines'>): number {
    return this.from + this.#lines + empty_lines;
  }
}

function linesOf(record: readonly Buffer[]): number {
  let lines = 1;
  for (const cell of record) {
    for (let at = cell.indexOf(0x0a); at >= 0; at = cell.indexOf(0x0a, at + 1)) lines++;
  }
  return lines;
}
