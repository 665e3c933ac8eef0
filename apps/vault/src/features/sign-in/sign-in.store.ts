import type { Tx } from '@integument/database';

export class SignInStore {
  async insertCode(tx: Tx, code: Buffer, session: Buffer, expiresAt: Date): Promise<void> {
    await tx.query('INSERT INTO sign_in_code (code, session, expires_at) VALUES ($1, $2, $3)', [
      code,
      session,
      expiresAt,
    ]);
  }

  /** So that the sign-in does not end while a code of its session is redeemed. @returns false where it has ended */
  async lockSignInOf(tx: Tx, code: Buffer): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM sign_in_code c JOIN vault_session s USING (session) JOIN sign_in i USING (sign_in)
       WHERE c.code = $1 FOR KEY SHARE OF i`,
      [code],
    );
    return rows.length === 1;
  }

  /** Deleting is the redemption: of a hundred tries at once one gets the row. @returns the session it was issued to */
  async takeCode(tx: Tx, code: Buffer): Promise<Buffer | null> {
    const taken = await tx.query<{ session: Buffer }>(
      'DELETE FROM sign_in_code WHERE code = $1 AND expires_at > now() RETURNING session',
      [code],
    );
    return taken[0]?.session ?? null;
  }

  /** @returns false where the person is being erased; otherwise no erasure of them begins until the transaction ends */
  async lockAgainstErasure(tx: Tx, personId: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM person WHERE person_id = $1 AND NOT erasing FOR SHARE', [
      personId,
    ]);
    return rows.length === 1;
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query('DELETE FROM sign_in_code WHERE expires_at < now()');
  }
}
