import type { Tx } from '@integument/database';

export interface SessionRow {
  readonly session_digest: Buffer;
  readonly session: Buffer;
  readonly sealed: Buffer;
  readonly expires_on: string;
}

export class SessionsStore {
  async insert(tx: Tx, row: SessionRow): Promise<void> {
    await tx.query(
      'INSERT INTO api_session (session_digest, session, sealed, expires_on) VALUES ($1, $2, $3, $4)',
      [row.session_digest, row.session, row.sealed, row.expires_on],
    );
  }

  async find(tx: Tx, digest: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<{ sealed: Buffer }>(
      { name: 'sessions.find', text: 'SELECT sealed FROM api_session WHERE session_digest = $1' },
      [digest],
    );
    return rows[0]?.sealed ?? null;
  }

  async lock(tx: Tx, digest: Buffer): Promise<Buffer | null> {
    const rows = await tx.query<{ sealed: Buffer }>(
      'SELECT sealed FROM api_session WHERE session_digest = $1 FOR UPDATE',
      [digest],
    );
    return rows[0]?.sealed ?? null;
  }

  async reseal(tx: Tx, digest: Buffer, sealed: Buffer): Promise<void> {
    await tx.query('UPDATE api_session SET sealed = $2 WHERE session_digest = $1', [digest, sealed]);
  }

  async delete(tx: Tx, digest: Buffer): Promise<void> {
    await tx.query('DELETE FROM api_session WHERE session_digest = $1', [digest]);
  }

  /** Ends sessions by the name the vault knows them under. */
  async deleteByName(tx: Tx, sessions: readonly Buffer[]): Promise<void> {
    await tx.query('DELETE FROM api_session WHERE session = ANY($1)', [sessions]);
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query('DELETE FROM api_session WHERE expires_on < current_date');
  }
}
