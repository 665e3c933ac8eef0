import type { Statement, Tx } from './unit-of-work.js';

/** Stands for something that is good once, until it expires. */
export interface Mark {
  /** SHA-256: says nothing of whose it was */
  readonly mark: Buffer;
  readonly expiresAt: Date;
}

/**
 * What was used and is good once, for all replicas of an app, in a table of its own with a `mark bytea` under the primary key
 * `<table>_pk` and `expires_at timestamptz`. Unlogged or not is the table's to say: whether a crash may forget what was spent.
 */
export class SpentMarks {
  readonly #spend: Statement;
  readonly #sweep: string;

  /** @param table a name from our own code, never from outside */
  constructor(table: string) {
    this.#spend = {
      name: `${table}.spend`,
      text: `INSERT INTO ${table} (mark, expires_at) VALUES ($1, $2)
             ON CONFLICT ON CONSTRAINT ${table}_pk DO NOTHING RETURNING mark`,
    };
    // An hour later than it could, for the database's clock and the apps' differ.
    this.#sweep = `DELETE FROM ${table} WHERE expires_at < now() - interval '1 hour'`;
  }

  /** Joins the caller's transaction. @returns false where it was spent before: of a hundred at once one gets true */
  async spend(tx: Tx, { mark, expiresAt }: Mark): Promise<boolean> {
    const rows = await tx.query(this.#spend, [mark, expiresAt]);
    return rows.length === 1;
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query(this.#sweep);
  }
}
