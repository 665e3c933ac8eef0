import { existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { Failure, WrongUse } from '../failure.js';
import type { Format } from './row.js';

const OWNER_ALONE = 0o600;

export type Cells = ReadonlyMap<string, unknown>;

/**
 * A file that rows are written to, and that can be cut back to where it was before what was not acknowledged. It may hold
 * personal data: nobody but its owner reads it.
 */
export class RowFile {
  #bytes = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly format: Format,
    /** of a CSV; rows that have others than these, or more, are written as they are */
    private readonly columns: readonly string[],
  ) {}

  /**
   * @param bytes how much of it counts: what stands behind is forgotten; with 0 it is begun anew
   * @throws {Failure} where less is there
   */
  static async open(
    path: string,
    format: Format,
    columns: readonly string[],
    bytes: number,
  ): Promise<RowFile> {
    const file = await open(path, bytes === 0 ? 'w' : 'r+', OWNER_ALONE).catch(() => undefined);
    if (!file) throw new Failure(`${path} can’t be written`);
    const opened = new RowFile(file, format, columns);
    try {
      // One that is there already keeps its mode otherwise.
      await file.chmod(OWNER_ALONE);
      await (bytes === 0 ? opened.begin() : opened.cutBack(bytes, path));
      return opened;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends rows; they are durable once this is done. */
  async append(rows: readonly Cells[]): Promise<void> {
    if (rows.length === 0) return;
    await this.write(this.format === 'csv' ? this.csvOf(rows) : rows.map(lineOf).join(''));
    await this.file.datasync();
  }

  /** The same from a place on that is not yet acknowledged, over what may stand there. */
  async rewrite(from: number, rows: readonly Cells[]): Promise<void> {
    await this.file.truncate(from);
    this.#bytes = from;
    await this.append(rows);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async begin(): Promise<void> {
    if (this.format === 'csv') await this.write(stringify([[...this.columns]]));
    await this.file.sync();
  }

  private async cutBack(bytes: number, path: string): Promise<void> {
    if ((await this.file.stat()).size < bytes) {
      throw new Failure(`${path} is shorter than it was left: without it the command can’t go on`);
    }
    await this.file.truncate(bytes);
    this.#bytes = bytes;
  }

  private async write(text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, at, bytes.length - at, this.#bytes + at);
      at += bytesWritten;
    }
    this.#bytes += bytes.length;
  }

  private csvOf(rows: readonly Cells[]): string {
    const known = new Set(this.columns);
    const records = rows.map((row) => [
      ...this.columns.map((name) => textOf(row.get(name))),
      // A row that has more than the header keeps it.
      ...[...row].filter(([name]) => !known.has(name)).map(([, cell]) => textOf(cell)),
    ]);
    // An empty line would be no row to whoever reads it.
    return stringify(records, { quoted_empty: this.columns.length === 1 });
  }
}

function textOf(cell: unknown): string {
  if (cell === undefined || cell === null) return '';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}

/** @throws {WrongUse} where one file would be written over another */
export function refuseSame(paths: readonly string[]): void {
  const full = paths.map((path) => resolve(path));
  const twice = full.findIndex((path, at) => full.indexOf(path) !== at);
  if (twice >= 0) throw new WrongUse(`${paths[twice]} can’t be two files at once`);
}

/** @throws {WrongUse} where one of the files is there already: it could be another one's */
export function refuseExisting(paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(path));
  if (there !== undefined) throw new WrongUse(`there is a file ${there} already`);
}

export function lineOf(row: Cells): string {
  return `${JSON.stringify(Object.fromEntries(row))}\n`;
}
