import type { Tx } from '@integument/database';

export interface OpeningRow {
  readonly opening_id: Buffer;
  readonly subject: Buffer;
  readonly requested_by: string;
  readonly reason_code: string;
  readonly reason_reference: string;
  readonly approved_by: string | null;
  readonly expires_at: Date;
}

const COLUMNS = 'opening_id, subject, requested_by, reason_code, reason_reference, approved_by, expires_at';
const WAITING = 'NOT opened AND expires_at > $1';

export class OpeningsStore {
  async insert(tx: Tx, row: Omit<OpeningRow, 'approved_by'>): Promise<void> {
    await tx.query(
      `INSERT INTO evidence_opening (opening_id, subject, requested_by, reason_code, reason_reference, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [row.opening_id, row.subject, row.requested_by, row.reason_code, row.reason_reference, row.expires_at],
    );
  }

  /** Those that somebody can still agree to or open, the next to run out first. */
  findWaiting(tx: Tx, now: Date): Promise<OpeningRow[]> {
    return tx.query<OpeningRow>(
      `SELECT ${COLUMNS} FROM evidence_opening WHERE ${WAITING} ORDER BY expires_at LIMIT 200`,
      [now],
    );
  }

  async lockWaiting(tx: Tx, opening: Buffer, now: Date): Promise<OpeningRow | null> {
    const rows = await tx.query<OpeningRow>(
      `SELECT ${COLUMNS} FROM evidence_opening WHERE opening_id = $2 AND ${WAITING} FOR UPDATE`,
      [now, opening],
    );
    return rows[0] ?? null;
  }

  async approve(tx: Tx, opening: Buffer, by: string): Promise<void> {
    await tx.query('UPDATE evidence_opening SET approved_by = $2 WHERE opening_id = $1', [opening, by]);
  }

  async markOpened(tx: Tx, opening: Buffer): Promise<void> {
    await tx.query('UPDATE evidence_opening SET opened = true WHERE opening_id = $1', [opening]);
  }

  async deleteExpired(tx: Tx, now: Date): Promise<void> {
    await tx.query('DELETE FROM evidence_opening WHERE expires_at <= $1', [now]);
  }
}
