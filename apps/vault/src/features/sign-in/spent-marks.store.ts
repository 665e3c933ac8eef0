import type { Tx } from '@integument/database';

/** Stands for something that is good once, until it expires. */
export interface Mark {
  /** SHA-256 */
  readonly mark: Buffer;
  readonly expiresAt: Date;
}

export class SpentMarksStore {
  /** @returns false where it was spent before: of a hundred at once one gets true */
  async spend(tx: Tx, { mark, expiresAt }: Mark): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO sign_in_spent (mark, expires_at) VALUES ($1, $2)
       ON CONFLICT ON CONSTRAINT sign_in_spent_pk DO NOTHING RETURNING mark`,
      [mark, expiresAt],
    );
    return rows.length === 1;
  }

  /** An hour later than it could, for the database's clock and the apps' differ. */
  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query("DELETE FROM sign_in_spent WHERE expires_at < now() - interval '1 hour'");
  }
}
