import type { Tx } from '@integument/database';

export interface SessionRow {
  readonly session_digest: Buffer;
  readonly session: Buffer;
  readonly sealed: Buffer;
  readonly used: Buffer;
  readonly expires_on: string;
}

export type FoundSession = Pick<SessionRow, 'sealed'> & { readonly used: Buffer | null };

export class SessionsStore {
  /** @returns false where the vault has ended it before it began */
  async insert(tx: Tx, row: SessionRow): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO api_session (session_digest, session, sealed, used, expires_on) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT ON CONSTRAINT api_session_pseudonym DO NOTHING RETURNING 1`,
      [row.session_digest, row.session, row.sealed, row.used, row.expires_on],
    );
    return rows.length === 1;
  }

  async find(tx: Tx, digest: Buffer): Promise<FoundSession | null> {
    const rows = await tx.query<FoundSession>(
      { name: 'sessions.find', text: 'SELECT sealed, used FROM api_session WHERE session_digest = $1' },
      [digest],
    );
    return rows[0] ?? null;
  }

  async markUsed(tx: Tx, digest: Buffer, used: Buffer): Promise<void> {
    await tx.query('UPDATE api_session SET used = $2 WHERE session_digest = $1', [digest, used]);
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

  /**
   * Ends sessions by the name the vault knows them under. A row stays for a day in which nothing is and which no cookie opens: a code
   * that was redeemed just before would otherwise make the session that has ended.
   */
  async end(tx: Tx, sessions: readonly Buffer[]): Promise<void> {
    await tx.query(
      `INSERT INTO api_session (session_digest, session, sealed, expires_on)
       SELECT sha256('ended'::bytea || name), name, ''::bytea, (now() AT TIME ZONE 'UTC')::date + 1 FROM unnest($1::bytea[]) AS name ORDER BY name
       ON CONFLICT ON CONSTRAINT api_session_pseudonym
         DO UPDATE SET session_digest = excluded.session_digest, sealed = excluded.sealed, used = NULL`,
      [sessions],
    );
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query("DELETE FROM api_session WHERE expires_on < (now() AT TIME ZONE 'UTC')::date");
  }
}
