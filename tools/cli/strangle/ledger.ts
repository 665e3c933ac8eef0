import { escapeIdentifier } from 'pg';
import { WrongUse } from '../failure.js';
import type { Statements } from './target-database.js';
import type { TargetTable } from './target-table.js';

const NAME = 'integument_strangle';

/** How far one column is. */
export interface Entry {
  readonly column: string;
  /** the wish as JSON: field, type, domain */
  readonly wish: string;
  /** another one each time that the column is gone through: what the vault remembers of the last time must not come again */
  readonly pass: string;
  /** the last primary key that was looked at */
  readonly after: readonly string[] | null;
  readonly looked: number;
  readonly made: number;
  readonly already: number;
  readonly refused: number;
  readonly changed: number;
  /** where the values before are kept */
  readonly kept: string | null;
  /** how much of the file of rows that were left counts */
  readonly leftBytes: number;
  readonly finished: boolean;
}

/**
 * A table beside the target's own, written in the transaction that changes the rows: so what it says is so, whatever was killed.
 * It holds primary keys and numbers, no value.
 */
export class Ledger {
  readonly #quoted: string;

  constructor(private readonly table: TargetTable) {
    this.#quoted = `${escapeIdentifier(table.schema)}.${escapeIdentifier(NAME)}`;
  }

  /** Makes the table, and sees that nobody else is at this target. @throws {WrongUse} */
  async open(database: Statements): Promise<void> {
    const [lock] = await database.query<{ free: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS free',
      [`integument strangle ${this.table.quoted}`],
    );
    if (!lock?.free) throw new WrongUse('another process is at this table');
    await database.query(`CREATE TABLE IF NOT EXISTS ${this.#quoted} (
      table_name text NOT NULL, column_name text NOT NULL, wish text NOT NULL, pass text NOT NULL,
      after_key text[],
      looked bigint NOT NULL, made bigint NOT NULL, already bigint NOT NULL, refused bigint NOT NULL,
      changed bigint NOT NULL, kept_as text, left_bytes bigint NOT NULL, finished boolean NOT NULL,
      CONSTRAINT integument_strangle_pk PRIMARY KEY (table_name, column_name))`);
  }

  async find(database: Statements, column: string): Promise<Entry | undefined> {
    return (await this.all(database)).find((entry) => entry.column === column);
  }

  async all(database: Statements): Promise<Entry[]> {
    const [there] = await database.query<{ name: string | null }>('SELECT to_regclass($1) AS name', [
      this.#quoted,
    ]);
    if (!there?.name) return [];
    const rows = await database.query<Record<string, string & string[] & boolean & null>>(
      `SELECT * FROM ${this.#quoted} WHERE table_name = $1 ORDER BY column_name`,
      [this.table.name],
    );
    return rows.map((row) => ({
      column: String(row.column_name),
      wish: String(row.wish),
      pass: String(row.pass),
      after: row.after_key ?? null,
      ...{ looked: Number(row.looked), made: Number(row.made), already: Number(row.already) },
      ...{ refused: Number(row.refused), changed: Number(row.changed) },
      kept: row.kept_as ?? null,
      leftBytes: Number(row.left_bytes),
      finished: (row.finished as unknown) === true,
    }));
  }

  async write(tx: Statements, entry: Entry): Promise<void> {
    await tx.query(
      `INSERT INTO ${this.#quoted} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT ON CONSTRAINT integument_strangle_pk DO UPDATE SET wish = excluded.wish, pass = excluded.pass, after_key = excluded.after_key,
         looked = excluded.looked, made = excluded.made, already = excluded.already, refused = excluded.refused,
         changed = excluded.changed, kept_as = excluded.kept_as, left_bytes = excluded.left_bytes,
         finished = excluded.finished`,
      [
        ...[this.table.name, entry.column, entry.wish, entry.pass, entry.after],
        ...[entry.looked, entry.made, entry.already, entry.refused, entry.changed],
        ...[entry.kept, entry.leftBytes, entry.finished],
      ],
    );
  }
}
