import type { Tx } from '@integument/database';

export class SignInStore {
  /**
   * @param guardianship under which it leads to a child's session; null where to one of their own
   * @returns false where the session has just ended
   */
  async insertCode(
    tx: Tx,
    code: Buffer,
    session: Buffer,
    expiresAt: Date,
    guardianship: Buffer | null,
  ): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO sign_in_code (code, session, expires_at, guardianship)
       SELECT $1, session, $3, $4 FROM vault_session WHERE session = $2 FOR KEY SHARE RETURNING 1`,
      [code, session, expiresAt, guardianship],
    );
    return rows.length === 1;
  }

  /**
   * Locks what a code leads to, in the order in which whoever ends them locks it: the owner, then the sign-in, then (by whoever goes on)
   * session and code.
   * @returns false where any of it has ended
   */
  async lockBehind(tx: Tx, code: Buffer): Promise<boolean> {
    const [found] = await tx.query<{ sign_in: Buffer; person_id: Buffer | null; staff: Buffer | null }>(
      `SELECT s.sign_in, s.person_id, s.staff FROM sign_in_code c JOIN vault_session s USING (session) WHERE c.code = $1`,
      [code],
    );
    if (!found) return false;
    const { sign_in, person_id, staff } = found;
    const owner = person_id
      ? await this.lockAgainstErasure(tx, person_id)
      : (await tx.query('SELECT 1 FROM staff WHERE account = $1 FOR KEY SHARE', [staff])).length === 1;
    if (!owner) return false;
    const rows = await tx.query('SELECT 1 FROM sign_in WHERE sign_in = $1 FOR NO KEY UPDATE', [sign_in]);
    return rows.length === 1;
  }

  /** Deleting is the redemption: of a hundred tries at once one gets the row. @returns the session it was issued to, and under which guardianship */
  async takeCode(tx: Tx, code: Buffer): Promise<{ session: Buffer; guardianship: Buffer | null } | null> {
    const taken = await tx.query<{ session: Buffer; guardianship: Buffer | null }>(
      'DELETE FROM sign_in_code WHERE code = $1 AND expires_at > now() RETURNING session, guardianship',
      [code],
    );
    return taken[0] ?? null;
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
