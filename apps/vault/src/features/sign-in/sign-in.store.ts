import type { Tx } from '@integument/database';

export interface SessionRow {
  readonly session: Buffer;
  readonly person_id: Buffer | null;
  readonly subject: Buffer | null;
  readonly staff: Buffer | null;
  readonly roles: string[] | null;
  readonly acr: string;
  readonly authenticated_at: Date;
  readonly factor_at: Date | null;
  readonly expires_at: Date;
}

/** What stays of a session when its secret changes. */
export type StaffSession = Pick<SessionRow, 'acr' | 'authenticated_at' | 'expires_at'> & {
  readonly staff: Buffer;
};

export interface NewSession {
  readonly session: Buffer;
  readonly personId: Buffer | null;
  readonly staff: Buffer | null;
  readonly acr: string;
  readonly authenticatedAt: Date;
  readonly factorAt: Date | null;
  readonly expiresAt: Date;
}

const SESSION = `
  SELECT s.session, s.person_id, p.subject, s.staff, r.roles, s.acr, s.authenticated_at, s.factor_at,
    s.expires_at
  FROM vault_session s LEFT JOIN person p USING (person_id) LEFT JOIN staff r ON r.account = s.staff`;

export class SignInStore {
  async insertSession(tx: Tx, session: NewSession): Promise<void> {
    await tx.query(
      `INSERT INTO vault_session (session, person_id, staff, acr, authenticated_at, factor_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        session.session,
        session.personId,
        session.staff,
        session.acr,
        session.authenticatedAt,
        session.factorAt,
        session.expiresAt,
      ],
    );
  }

  /** A session that has not run out and whose person is not being erased. */
  async findSession(tx: Tx, session: Buffer): Promise<SessionRow | null> {
    const rows = await tx.query<SessionRow>(
      `${SESSION} WHERE s.session = $1 AND s.expires_at > now() AND (s.person_id IS NULL OR NOT p.erasing)`,
      [session],
    );
    return rows[0] ?? null;
  }

  /** Ends a session for another to follow it. @returns null for one that has ended by now: of a hundred at once one gets it */
  async takeStaffSession(tx: Tx, session: Buffer): Promise<StaffSession | null> {
    const taken = await tx.query<StaffSession>(
      `DELETE FROM vault_session WHERE session = $1 AND staff IS NOT NULL AND expires_at > now()
       RETURNING staff, acr, authenticated_at, expires_at`,
      [session],
    );
    return taken[0] ?? null;
  }

  async deleteOthers(tx: Tx, staff: Buffer, session: Buffer): Promise<void> {
    await tx.query('DELETE FROM vault_session WHERE staff = $1 AND session <> $2', [staff, session]);
  }

  async deleteSession(tx: Tx, session: Buffer): Promise<void> {
    await tx.query('DELETE FROM vault_session WHERE session = $1', [session]);
  }

  async insertCode(tx: Tx, code: Buffer, session: Buffer, expiresAt: Date): Promise<void> {
    await tx.query('INSERT INTO sign_in_code (code, session, expires_at) VALUES ($1, $2, $3)', [
      code,
      session,
      expiresAt,
    ]);
  }

  /** Deleting is the redemption: of a hundred tries at once one gets the row. */
  async takeCode(tx: Tx, code: Buffer): Promise<SessionRow | null> {
    const taken = await tx.query<{ session: Buffer }>(
      'DELETE FROM sign_in_code WHERE code = $1 AND expires_at > now() RETURNING session',
      [code],
    );
    return taken[0] ? this.findSession(tx, taken[0].session) : null;
  }

  /** @returns false where the person is being erased; otherwise no erasure of them begins until the transaction ends */
  async lockAgainstErasure(tx: Tx, personId: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM person WHERE person_id = $1 AND NOT erasing FOR SHARE', [
      personId,
    ]);
    return rows.length === 1;
  }

  async insertApiSession(tx: Tx, session: Buffer, personId: Buffer | null, expiresAt: Date): Promise<void> {
    await tx.query('INSERT INTO api_session (session, person_id, expires_at) VALUES ($1, $2, $3)', [
      session,
      personId,
      expiresAt,
    ]);
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query('DELETE FROM sign_in_code WHERE expires_at < now()');
    await tx.query('DELETE FROM vault_session WHERE expires_at < now()');
    await tx.query('DELETE FROM api_session WHERE expires_at < now()');
  }
}
