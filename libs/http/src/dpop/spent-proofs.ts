import type { Tx, UnitOfWork } from '@integument/database';

/**
 * Proofs of a key that were used, for all replicas of an app: each is good once. Unlogged: a proof lives two minutes at most,
 * which is worth no WAL. After a crash of PostgreSQL the table is empty, and a proof of its last minutes could be used again.
 */
export const spentProofsSchemaSql = `
CREATE UNLOGGED TABLE dpop_spent (
  -- SHA-256 over the key's thumbprint and the proof's id: says nothing of whose it was.
  mark       bytea CONSTRAINT dpop_spent_pk PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
`;

/** Where used proofs are remembered. */
export interface ProofMarks {
  /** @returns false where the mark was spent before: of a hundred at once one gets true */
  spend(mark: Buffer, expiresAt: Date): Promise<boolean>;
}

const SPEND = {
  name: 'dpop-spend',
  text: `INSERT INTO dpop_spent (mark, expires_at) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT dpop_spent_pk DO NOTHING RETURNING mark`,
};

/** In the app's own database. */
export class SpentProofs implements ProofMarks {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async spend(mark: Buffer, expiresAt: Date): Promise<boolean> {
    const rows = await this.unitOfWork.single((tx) => tx.query(SPEND, [mark, expiresAt]));
    return rows.length === 1;
  }

  /** An hour later than it could, for the database's clock and the apps' differ. */
  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query("DELETE FROM dpop_spent WHERE expires_at < now() - interval '1 hour'");
  }
}
