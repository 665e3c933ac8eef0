import { SpentMarks, type Tx, type UnitOfWork } from '@integument/database';

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

/** In the app's own database. */
export class SpentProofs implements ProofMarks {
  readonly #marks = new SpentMarks('dpop_spent');

  constructor(private readonly unitOfWork: UnitOfWork) {}

  spend(mark: Buffer, expiresAt: Date): Promise<boolean> {
    return this.unitOfWork.single((tx) => this.#marks.spend(tx, { mark, expiresAt }));
  }

  deleteExpired(tx: Tx): Promise<void> {
    return this.#marks.deleteExpired(tx);
  }
}
