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
  /** written since the time that was asked about */
  readonly isNew: boolean;
  /** what the kept column holds; null where there is none */
  readonly kept: string | null;
}

export interface Replacement {
  readonly key: readonly string[];
  readonly old: string;
  readonly token: string;
}

/**
 * What came of a row: `constraint` where the table does not allow the token, `altered` where it puts something else in its
 * place.
 */
export type Replaced = 'altered' | 'changed' | 'constraint' | 'done';

class Altered extends Error {
  override readonly name = 'Altered';
}

function codeOf(error: unknown): 'altered' | 'constraint' | undefined {
  if (error instanceof Altered) return 'altered';
  return error instanceof DatabaseFailure && error.isOfOneRow ? 'constraint' : undefined;
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

  /**
   * The next rows in the order of the primary key.
   * @param after the last key before; null for the first ones
   * @param since the transaction from which on a row is new; null where that is no matter
   */
  async read(
    database: Statements,
    after: readonly string[] | null,
    most: number,
    since: string | null = null,
  ): Promise<TargetRow[]> {
    const places = this.table.key.map(({ type }, at) => `$${at + 3}::${type}`).join(', ');
    const where = after ? `WHERE (${this.#key}) > (${places})` : '';
    return this.rows(database, `${where} ORDER BY ${this.#key} LIMIT $2`, [since, most, ...(after ?? [])]);
  }

  /** Some rows, whichever. */
  sample(database: Statements, most: number): Promise<TargetRow[]> {
    return this.rows(database, 'ORDER BY random() LIMIT $2', [null, most]);
  }

  async count(database: Statements): Promise<number> {
    const [row] = await database.query<{ n: string }>(`SELECT count(*) AS n FROM ${this.table.quoted}`);
    return Number(row?.n);
  }

  /** Puts tokens in place of values that still are what they were. */
  async replace(tx: Statements, rows: readonly Replacement[]): Promise<Replaced[]> {
    try {
      const done = await savepoint(tx, () => this.put(tx, rows));
      return rows.map((_, at) => (done.has(at + 1) ? 'done' : 'changed'));
    } catch (error) {
      const code = codeOf(error);
      if (!code) throw error;
      // One of them must not keep its neighbours.
      if (rows.length === 1) return [code];
      const half = rows.length >> 1;
      return [
        ...(await this.replace(tx, rows.slice(0, half))),
        ...(await this.replace(tx, rows.slice(half))),
      ];
    }
  }

  private async put(tx: Statements, rows: readonly Replacement[]): Promise<Set<number>> {
    const done = await this.update(tx, rows);
    // What is checked, or done by triggers, at the end of a transaction: at its end nobody would know which row it was.
    await tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    const stored = await this.stored(tx, rows);
    // A trigger may have put something else there, which would be neither the value nor a token.
    if ([...done].some((at) => !stored.has(at))) throw new Altered();
    return done;
  }

  private update(tx: Statements, rows: readonly Replacement[]): Promise<Set<number>> {
    const keep = this.kept ? `, ${this.kept.quoted} = t.${this.column.quoted}` : '';
    return this.places(
      tx,
      (given, matches) => `UPDATE ${this.table.quoted} AS t SET ${this.column.quoted} = v.token${keep}
         FROM ${given}
        WHERE ${matches} AND t.${this.column.quoted}::text COLLATE "C" IS NOT DISTINCT FROM v.old
       RETURNING v.at`,
      rows,
    );
  }

  private stored(tx: Statements, rows: readonly Replacement[]): Promise<Set<number>> {
    return this.places(
      tx,
      (given, matches) => `SELECT v.at FROM ${this.table.quoted} AS t JOIN ${given} ON ${matches}
        WHERE t.${this.column.quoted}::text COLLATE "C" = v.token`,
      rows,
    );
  }

  /** Which of the rows a statement is true of, from 1. */
  private async places(
    tx: Statements,
    statement: (given: string, matches: string) => string,
    rows: readonly Replacement[],
  ): Promise<Set<number>> {
    const { key } = this.table;
    const keys = key.map((_, at) => `k${at}`);
    const matches = key.map((column, at) => `t.${column.quoted} = v.k${at}::${column.type}`).join(' AND ');
    const arrays = [...keys, 'old', 'token'].map((_, at) => `$${at + 1}::text[]`).join(', ');
    const given = `unnest(${arrays}) WITH ORDINALITY AS v(${keys.join(', ')}, old, token, at)`;
    const found = await tx.query<{ at: string }>(statement(given, matches), [
      ...key.map((_, at) => rows.map((row) => row.key[at])),
      rows.map(({ old }) => old),
      rows.map(({ token }) => token),
    ]);
    return new Set(found.map(({ at }) => Number(at)));
  }

  private async rows(database: Statements, rest: string, values: readonly unknown[]): Promise<TargetRow[]> {
    const value = `t.${this.column.quoted}`;
    const kept = this.kept ? `t.${this.kept.quoted}::text` : 'NULL';
    const keys = this.table.key.map(({ quoted }) => `t.${quoted}::text`).join(', ');
    const rows = await database.query<{
      key: string[];
      value: string | null;
      long: boolean;
      fresh: boolean;
      kept: string | null;
    }>(
      `SELECT ARRAY[${keys}] AS key, CASE WHEN octet_length(${value}) <= ${VALUE_MAX_BYTES} THEN ${value} END AS value,
              coalesce(octet_length(${value}) > ${VALUE_MAX_BYTES}, false) AS long, ${kept} AS kept,
              coalesce(age(t.xmin) <= age($1::xid), false) AS fresh
         FROM ${this.table.quoted} AS t ${rest}`,
      values,
    );
    return rows.map(({ long, fresh, ...row }) => ({ ...row, isTooLong: long, isNew: fresh }));
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
