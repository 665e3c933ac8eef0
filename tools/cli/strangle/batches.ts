import { DatabaseFailure, type Statements } from './target-database.js';
import type { Column, TargetTable } from './target-table.js';

/** Longer values than the vault takes aren't even fetched. */
const VALUE_MAX_BYTES = 16_384;

export interface TargetRow {
  /** the primary key, as text */
  readonly key: readonly string[];
  /** null where there is none, or where it is too long */
  readonly value: string | null;
  readonly isTooLong: boolean;
  /** what the kept column holds; null where there is none */
  readonly kept: string | null;
}

export interface Replacement {
  readonly key: readonly string[];
  readonly old: string;
  readonly token: string;
}

/** SQL over one column of one table. All names in it are from the catalogue of the database, and quoted. */
export class ColumnStatements {
  readonly #key: string;

  constructor(
    private readonly table: TargetTable,
    private readonly column: Column,
    /** where the value before is kept */
    private readonly kept: Column | undefined,
  ) {
    this.#key = table.key.map(({ quoted }) => `t.${quoted}`).join(', ');
  }

  /** The next rows in the order of the primary key. @param after the last key before; null for the first ones */
  async read(database: Statements, after: readonly string[] | null, most: number): Promise<TargetRow[]> {
    const places = this.table.key.map(({ type }, at) => `$${at + 2}::${type}`).join(', ');
    const where = after ? `WHERE (${this.#key}) > (${places})` : '';
    return this.rows(database, `${where} ORDER BY ${this.#key} LIMIT $1`, [most, ...(after ?? [])]);
  }

  /** Some rows, whichever. */
  sample(database: Statements, most: number): Promise<TargetRow[]> {
    return this.rows(database, 'ORDER BY random() LIMIT $1', [most]);
  }

  async count(database: Statements): Promise<number> {
    const [row] = await database.query<{ n: string }>(`SELECT count(*) AS n FROM ${this.table.quoted}`);
    return Number(row?.n);
  }

  /**
   * Puts tokens in place of values that still are what they were.
   * @returns for each whether it was done, or `constraint` where the table does not allow the token
   */
  async replace(
    tx: Statements,
    rows: readonly Replacement[],
  ): Promise<('changed' | 'constraint' | 'done')[]> {
    try {
      const done = await savepoint(tx, () => this.update(tx, rows));
      return rows.map((_, at) => (done.has(at + 1) ? 'done' : 'changed'));
    } catch (error) {
      if (!(error instanceof DatabaseFailure && error.isOfOneRow)) throw error;
      // One of them must not keep its neighbours.
      if (rows.length === 1) return ['constraint'];
      const half = rows.length >> 1;
      return [
        ...(await this.replace(tx, rows.slice(0, half))),
        ...(await this.replace(tx, rows.slice(half))),
      ];
    }
  }

  private async update(tx: Statements, rows: readonly Replacement[]): Promise<Set<number>> {
    const { key, quoted } = this.table;
    const keys = key.map((_, at) => `k${at}`);
    const matches = key.map((column, at) => `t.${column.quoted} = v.k${at}::${column.type}`).join(' AND ');
    const arrays = [...keys, 'old', 'token'].map((_, at) => `$${at + 1}::text[]`).join(', ');
    const keep = this.kept ? `, ${this.kept.quoted} = t.${this.column.quoted}` : '';
    const updated = await tx.query<{ at: string }>(
      `UPDATE ${quoted} AS t SET ${this.column.quoted} = v.token${keep}
         FROM unnest(${arrays}) WITH ORDINALITY AS v(${keys.join(', ')}, old, token, at)
        WHERE ${matches} AND t.${this.column.quoted}::text COLLATE "C" IS NOT DISTINCT FROM v.old
       RETURNING v.at`,
      [
        ...key.map((_, at) => rows.map((row) => row.key[at])),
        rows.map(({ old }) => old),
        rows.map(({ token }) => token),
      ],
    );
    return new Set(updated.map(({ at }) => Number(at)));
  }

  private async rows(database: Statements, rest: string, values: readonly unknown[]): Promise<TargetRow[]> {
    const value = `t.${this.column.quoted}`;
    const kept = this.kept ? `t.${this.kept.quoted}::text` : 'NULL';
    const keys = this.table.key.map(({ quoted }) => `t.${quoted}::text`).join(', ');
    const rows = await database.query<{
      key: string[];
      value: string | null;
      long: boolean;
      kept: string | null;
    }>(
      `SELECT ARRAY[${keys}] AS key, CASE WHEN octet_length(${value}) <= ${VALUE_MAX_BYTES} THEN ${value} END AS value,
              coalesce(octet_length(${value}) > ${VALUE_MAX_BYTES}, false) AS long, ${kept} AS kept
         FROM ${this.table.quoted} AS t ${rest}`,
      values,
    );
    return rows.map(({ long, ...row }) => ({ ...row, isTooLong: long }));
  }
}

async function savepoint<T>(tx: Statements, work: () => Promise<T>): Promise<T> {
  await tx.query('SAVEPOINT batch');
  try {
    const result = await work();
    await tx.query('RELEASE SAVEPOINT batch');
    return result;
  } catch (error) {
    await tx.query('ROLLBACK TO SAVEPOINT batch');
    throw error;
  }
}
