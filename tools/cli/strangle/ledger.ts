import { escapeIdentifier } from 'pg';
import { WrongUse } from '../failure.js';
import type { Statements } from './target-database.js';
import type { TargetTable } from './target-table.js';

const NAME = 'integument_strangle';
const COLUMNS = [
  ...['table_name', 'column_name', 'wish', 'pass', 'after_key'],
  ...['looked', 'made', 'already', 'refused', 'changed'],
  ...['kept_as', 'left_bytes', 'finished'],
  ...['left_file', 'begun', 'sending', 'pending'],
] as const;

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
  /** where that file is */
  readonly left: string;
  /** the transaction before which everything is that this pass may touch: what is newer could be a token that looks like a value */
  readonly begun: string | null;
  /** since when tokens could be under way that nobody has written down */
  readonly sending: string | null;
  /** tokens that the vault has made, and that are in no row */
  readonly pending: readonly string[];
  readonly finished: boolean;
}

/**
 * A table beside the target's own, written in the transaction that changes the rows: so what it says is so, whatever was killed.
 * It holds primary keys, numbers and tokens, no value.
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
    await database.query(`ALTER TABLE ${this.#quoted}
      ADD COLUMN IF NOT EXISTS left_file text NOT NULL DEFAULT '', ADD COLUMN IF NOT EXISTS begun xid,
      ADD COLUMN IF NOT EXISTS sending timestamptz, ADD COLUMN IF NOT EXISTS pending text[] NOT NULL DEFAULT '{}'`);
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
      `SELECT *, begun::text AS begun, to_json(sending) #>> '{}' AS sending_at FROM ${this.#quoted} WHERE table_name = $1 ORDER BY column_name`,
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
      left: String(row.left_file),
      begun: row.begun ?? null,
      sending: row.sending_at ?? null,
      pending: row.pending ?? [],
      finished: (row.finished as unknown) === true,
    }));
  }

  /** From which transaction on rows are newer than now. */
  async now(tx: Statements): Promise<string> {
    const [row] = await tx.query<{ xid: string }>(
      'SELECT (txid_snapshot_xmin(txid_current_snapshot()) & 4294967295)::text AS xid',
    );
    return row?.xid ?? '';
  }

  async write(tx: Statements, entry: Entry): Promise<void> {
    await tx.query(
      `INSERT INTO ${this.#quoted} (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((_, at) => `$${at + 1}`).join(', ')})
       ON CONFLICT ON CONSTRAINT integument_strangle_pk
       DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`,
      [
        ...[this.table.name, entry.column, entry.wish, entry.pass, entry.after],
        ...[entry.looked, entry.made, entry.already, entry.refused, entry.changed],
        ...[entry.kept, entry.leftBytes, entry.finished],
        ...[entry.left, entry.begun, entry.sending, entry.pending],
      ],
    );
  }
}
