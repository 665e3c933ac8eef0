import { byteaArray, type Tx } from '@integument/database';
import type { PurposeData } from '../permits/index.js';

export interface FactsRow {
  readonly pseudonym: Buffer;
  readonly sealed: Buffer;
}

export class CohortsStore implements PurposeData {
  readonly purpose = 'analytics';

  async put(tx: Tx, pseudonym: Buffer, sealed: Buffer): Promise<void> {
    await tx.query(
      `INSERT INTO cohort_facts (pseudonym, sealed) VALUES ($1, $2)
       ON CONFLICT (pseudonym) DO UPDATE SET sealed = excluded.sealed`,
      [pseudonym, sealed],
    );
  }

  async find(tx: Tx, pseudonym: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<FactsRow>('SELECT sealed FROM cohort_facts WHERE pseudonym = $1', [
      pseudonym,
    ]);
    return rows[0]?.sealed ?? null;
  }

  /** Of those whose gate is open as this is read; who has said nothing is left out. */
  async findOpen(tx: Tx, pseudonyms: readonly Buffer[]): Promise<FactsRow[]> {
    // Joined, not compared with a list: without statistics the whole list was gone through for every gate there is.
    return tx.query<FactsRow>(
      `SELECT pseudonym, sealed FROM unnest($1::bytea[]) AS asked (pseudonym)
       JOIN cohort_facts USING (pseudonym) JOIN permit_gate USING (pseudonym)
       WHERE purpose = 'analytics' AND state = 'open'`,
      [byteaArray(pseudonyms)],
    );
  }

  /** Whether a question can be asked today that is one of so many at most. */
  async hasLeft(tx: Tx, most: number): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM cohort_budget WHERE on_day < current_date OR asked < $1', [
      most,
    ]);
    return rows.length === 1;
  }

  /** @returns false where the day has had as many */
  async spend(tx: Tx, most: number): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE cohort_budget SET on_day = current_date, asked = CASE WHEN on_day < current_date THEN 1 ELSE asked + 1 END
       WHERE on_day < current_date OR asked < $1 RETURNING 1`,
      [most],
    );
    return rows.length === 1;
  }

  async erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    await tx.query('DELETE FROM cohort_facts WHERE pseudonym = $1', [pseudonym]);
  }
}
