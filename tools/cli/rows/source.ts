import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure, WrongUse } from '../failure.js';
import { csvRows, readCsvHeader } from './csv-rows.js';
import { ndjsonRows } from './ndjson-rows.js';
import type { Format, Place, Row } from './row.js';

const PIECE = 256 * 1024;

/** What is known of a file once it was read from end to end. */
export interface Survey {
  readonly digest: string;
  readonly rows: number;
}

/** A file of rows that stays as it is while it is read; it is read in pieces, however long it is. */
export class Source {
  private constructor(
    private readonly file: FileHandle,
    private readonly stamp: string,
    readonly format: Format,
    readonly bytes: number,
    private readonly delimiter: string,
    /** where the first row begins */
    readonly start: Place,
    /** undefined where each row names its own */
    readonly columns: readonly string[] | undefined,
  ) {}

  /** @throws {WrongUse} where there is no such file, or its header is none */
  static async open(path: string, format: Format, delimiter = ','): Promise<Source> {
    const file = await open(path, 'r').catch(() => {
      throw new WrongUse(`the file ${path} can’t be read`);
    });
    try {
      const { size, isFile } = await fileOf(file);
      if (!isFile)
        throw new WrongUse(`${path} is no file: a command that goes on after a stop reads it again`);
      const begin = await markLength(file);
      const header =
        format === 'csv' ? await readCsvHeader(pieces(file, begin), delimiter, begin) : undefined;
      const start = header?.end ?? { bytes: begin, line: 1 };
      return new Source(file, await stampOf(file), format, size, delimiter, start, header?.columns);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  rows(from: Place): AsyncGenerator<Row> {
    return this.rowsOf(pieces(this.file, from.bytes), from);
  }

  /** Reads all of it, so that a file that can't be read to its end is refused before anything is done. @throws {WrongUse} */
  async survey(watch: (row: Row) => void = () => undefined): Promise<Survey> {
    let rows = 0;
    for await (const row of this.rows(this.start)) {
      rows++;
      watch(row);
    }
    return { digest: await this.digest(), rows };
  }

  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of pieces(this.file, 0)) hash.update(piece);
    return hash.digest('hex');
  }

  /** @throws {Failure} if somebody wrote into it: what was read is then of no file that ever was */
  async check(): Promise<void> {
    if ((await stampOf(this.file)) !== this.stamp)
      throw new Failure('the file was changed while it was read');
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private rowsOf(from: AsyncIterable<Uint8Array>, place: Place): AsyncGenerator<Row> {
    return this.columns ? csvRows(from, this.columns, this.delimiter, place) : ndjsonRows(from, place);
  }
}

async function fileOf(file: FileHandle) {
  const stat = await file.stat();
  return { size: stat.size, isFile: stat.isFile() };
}

async function stampOf(file: FileHandle): Promise<string> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return `${size}/${mtimeNs}`;
}

/** Bytes of a byte order mark, which some programs write first and which belongs to no row. */
async function markLength(file: FileHandle): Promise<number> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(3), 0, 3, 0);
  return buffer.subarray(0, bytesRead).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
}

async function* pieces(file: FileHandle, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
