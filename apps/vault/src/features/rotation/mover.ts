import type { Tx } from '@integument/database';

export interface Moved {
  /** rows that lie under the new version now */
  readonly moved: number;
  /** where the next batch begins: behind this row. Null: there is none */
  readonly next: Buffer | null;
}

/** Takes the rows of one table from under old versions of a key, batch by batch in the order of the table's own key. */
export interface Mover {
  /** Rows that can be moved under the version. */
  count(tx: Tx, to: number): Promise<number>;
  /** Rows, movable or not, that lie under the version. */
  left(tx: Tx, version: number): Promise<number>;
  /**
   * Moves a batch. Waits for nobody: rows that somebody else holds, or has changed, stay for the next time.
   * @param after the last row of the batch before
   */
  move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved>;
}

export async function countOf(tx: Tx, sql: string, values: readonly unknown[]): Promise<number> {
  const [row] = await tx.query<{ count: string }>(sql, values);
  return Number(row?.count ?? 0);
}

/** Below every row. */
export const FIRST = Buffer.alloc(0);
