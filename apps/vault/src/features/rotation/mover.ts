import type { Tx } from '@integument/database';
import { isUnopened } from '../keys/index.js';

export interface Moved {
  /** rows that lie under the new version now */
  readonly moved: number;
  /** where the next batch begins: behind this row. Null: there is none */
  readonly next: Buffer | null;
}

export interface Under {
  /** null: any, since the rows don't say */
  readonly version: number | null;
  readonly rows: number;
}

/** Takes the rows of one table from under old versions of a key, batch by batch in the order of the table's own key. */
export interface Mover {
  /** Rows that can be moved under the version. */
  count(tx: Tx, to: number): Promise<number>;
  /** Whether there are any. */
  any(tx: Tx, to: number): Promise<boolean>;
  /** Rows, movable or not, that lie under any other version, also under one that is gone. */
  left(tx: Tx, to: number): Promise<Under[]>;
  /** Whether any row, movable or not, lies under the version. */
  holds(tx: Tx, version: number): Promise<boolean>;
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

/** @param sql selects `version` and `rows` */
export function underOf(tx: Tx, sql: string, to: number): Promise<Under[]> {
  return tx.query<Under>(sql, [to]);
}

/** @param from what the rows are selected from, and by; with $1 */
export async function areThere(tx: Tx, from: string, values: readonly unknown[]): Promise<boolean> {
  const [row] = await tx.query<{ any: boolean }>(`SELECT EXISTS (SELECT FROM ${from}) AS any`, values);
  return row?.any ?? false;
}

/**
 * Makes of a row what is to be written in its place. What doesn't open, or lies under a version that is gone, stays where it is, and
 * is counted: it must not keep all other rows from being moved.
 */
export function madeOf<T>(make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (isUnopened(error)) return null;
    throw error;
  }
}

/** Below every row. */
export const FIRST = Buffer.alloc(0);
