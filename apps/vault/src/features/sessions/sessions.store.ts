import type { Tx, UnitOfWork } from '@integument/database';

export interface SessionRow {
  readonly session: Buffer;
  readonly sign_in: Buffer;
  readonly person_id: Buffer | null;
  readonly subject: Buffer | null;
  readonly staff: Buffer | null;
  readonly roles: string[] | null;
  readonly regions: string[] | null;
  readonly acr: string;
  readonly authenticated_at: Date;
  readonly factor_at: Date | null;
  readonly expires_at: Date;
}

/** What stays of a session when its secret changes. */
export type StaffSession = Pick<SessionRow, 'sign_in' | 'acr' | 'authenticated_at' | 'expires_at'> & {
  readonly staff: Buffer;
};

export interface NewSignIn {
  readonly signIn: Buffer;
  readonly personId: Buffer | null;
  readonly staff: Buffer | null;
  readonly provider: string;
  readonly account: Buffer;
  readonly providerSession: Buffer | null;
  readonly device: string;
  readonly expiresAt: Date;
}

export interface NewSession {
  readonly session: Buffer;
  readonly signIn: Buffer;
  readonly personId: Buffer | null;
  readonly staff: Buffer | null;
  readonly acr: string;
  readonly authenticatedAt: Date;
  readonly factorAt: Date | null;
  readonly expiresAt: Date;
}

/** Whose sign-ins: one of the two. */
export interface Owner {
  readonly personId: Buffer | null;
  readonly staff: Buffer | null;
}

/** Whose a session of the data plane is. */
type OfApi = Pick<SessionRow, 'sign_in' | 'person_id' | 'staff'> & {
  /** under which the owner of the sign-in acts for the person */
  readonly guardianship?: Buffer | null;
};

export interface OwnSignIn {
  readonly sign_in: Buffer;
  readonly device: string;
  readonly began_at: Date;
  readonly used_at: Date | null;
  readonly factor_at: Date | null;
}

/** Idle for as long, a session has ended. Staff leave screens alone that show other people. */
const IDLE = `CASE WHEN s.staff IS NULL THEN interval '1 hour' ELSE interval '15 minutes' END`;
const LIVES = `s.expires_at > now() AND s.used_at > now() - ${IDLE}`;

const FIND = {
  name: 'sessions.find',
  // The use is written down once a minute: what is idle ends up to a minute early, never late.
  text: `
    WITH used AS (
      UPDATE vault_session s SET used_at = now()
      WHERE s.session = $1 AND s.used_at < now() - interval '1 minute' AND ${LIVES}
    )
    SELECT s.session, s.sign_in, s.person_id, p.subject, s.staff, r.roles, r.regions, s.acr, s.authenticated_at, s.factor_at,
      s.expires_at
    FROM vault_session s JOIN sign_in USING (sign_in)
      LEFT JOIN person p ON p.person_id = s.person_id LEFT JOIN staff r ON r.account = s.staff
    WHERE s.session = $1 AND ${LIVES} AND (s.person_id IS NULL OR NOT p.erasing)`,
};

const SWEEPS = [
  `DELETE FROM vault_session s WHERE NOT (${LIVES})`,
  "DELETE FROM api_session WHERE expires_at < now() - interval '1 hour'",
  'DELETE FROM sign_in WHERE expires_at < now()',
  // Nothing lives as long: the data plane has dropped it by itself.
  "DELETE FROM session_ending WHERE asked_at < now() - interval '1 day'",
  // An erasure that takes the person out of some of them isn't waited for.
  `DELETE FROM opt_out_session WHERE session IN (
     SELECT session FROM opt_out_session WHERE kept_until < now() FOR UPDATE SKIP LOCKED)`,
  // A sign-in of which nothing is left on either plane.
  `DELETE FROM sign_in i WHERE began_at < now() - interval '1 hour'
     AND NOT EXISTS (SELECT FROM vault_session s WHERE s.sign_in = i.sign_in)
     AND NOT EXISTS (SELECT FROM api_session a WHERE a.sign_in = i.sign_in)`,
];

export class SessionsStore {
  async insertSignIn(tx: Tx, row: NewSignIn): Promise<void> {
    await tx.query(
      `INSERT INTO sign_in (sign_in, person_id, staff, provider, account, provider_session, device, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        row.signIn,
        row.personId,
        row.staff,
        row.provider,
        row.account,
        row.providerSession,
        row.device,
        row.expiresAt,
      ],
    );
  }

  async insert(tx: Tx, row: NewSession): Promise<void> {
    await tx.query(
      `INSERT INTO vault_session (session, sign_in, person_id, staff, acr, authenticated_at, factor_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        row.session,
        row.signIn,
        row.personId,
        row.staff,
        row.acr,
        row.authenticatedAt,
        row.factorAt,
        row.expiresAt,
      ],
    );
  }

  /** A session that has not run out, is not idle, and whose person is not being erased. Notes that it is used. */
  async find(tx: Tx, session: Buffer): Promise<SessionRow | null> {
    const rows = await tx.query<SessionRow>(FIND, [session]);
    return rows[0] ?? null;
  }

  /** Ends a session for another to follow it. @returns null for one that has ended by now: of a hundred at once one gets it */
  async takeOfStaff(tx: Tx, session: Buffer): Promise<StaffSession | null> {
    const taken = await tx.query<StaffSession>(
      `DELETE FROM vault_session WHERE session = $1 AND staff IS NOT NULL AND expires_at > now()
       RETURNING staff, sign_in, acr, authenticated_at, expires_at`,
      [session],
    );
    return taken[0] ?? null;
  }

  /** So that the sign-in does not end meanwhile. @returns false where it has ended */
  async lockSignIn(tx: Tx, signIn: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM sign_in WHERE sign_in = $1 FOR NO KEY UPDATE', [signIn]);
    return rows.length === 1;
  }

  findOwn(tx: Tx, { personId, staff }: Owner): Promise<OwnSignIn[]> {
    return tx.query<OwnSignIn>(
      `SELECT i.sign_in, i.device, i.began_at, max(s.used_at) AS used_at, max(s.factor_at) AS factor_at
       FROM sign_in i LEFT JOIN vault_session s USING (sign_in)
       WHERE (i.person_id = $1 OR i.staff = $2) AND i.expires_at > now()
       GROUP BY i.sign_in ORDER BY i.began_at DESC, i.sign_in`,
      [personId, staff],
    );
  }

  /** Locked, so that no code of theirs becomes a session of the data plane that nobody would hear of. */
  async lockOwn(tx: Tx, { personId, staff }: Owner): Promise<Buffer[]> {
    const rows = await tx.query<{ sign_in: Buffer }>(
      'SELECT sign_in FROM sign_in WHERE person_id = $1 OR staff = $2 ORDER BY sign_in FOR UPDATE',
      [personId, staff],
    );
    return rows.map(({ sign_in }) => sign_in);
  }

  /** @returns the short name of the provider at which this sign-in was; null where it has ended */
  async findProvider(tx: Tx, signIn: Buffer): Promise<string | null> {
    const rows = await tx.query<{ provider: string }>('SELECT provider FROM sign_in WHERE sign_in = $1', [
      signIn,
    ]);
    return rows[0]?.provider ?? null;
  }

  /** Locked. With both, those of the session that are of the account. Digests: by each version of the index key. */
  lockOfProvider(
    tx: Tx,
    accounts: readonly Buffer[] | null,
    providerSessions: readonly Buffer[] | null,
  ): Promise<{ sign_in: Buffer; owner: Buffer }[]> {
    return tx.query<{ sign_in: Buffer; owner: Buffer }>(
      `SELECT sign_in, coalesce(person_id, staff) AS owner FROM sign_in
       WHERE num_nonnulls($1::bytea[], $2::bytea[]) > 0
         AND ($1::bytea[] IS NULL OR account = ANY($1)) AND ($2::bytea[] IS NULL OR provider_session = ANY($2))
       ORDER BY sign_in FOR UPDATE`,
      [accounts, providerSessions],
    );
  }

  /** Locked: those at no provider of `all`, and those of staff at none of `ofStaff`. */
  async lockOfOtherProviders(tx: Tx, all: readonly string[], ofStaff: readonly string[]): Promise<Buffer[]> {
    const rows = await tx.query<{ sign_in: Buffer }>(
      `SELECT sign_in FROM sign_in
       WHERE provider <> ALL($1::text[]) OR (staff IS NOT NULL AND provider <> ALL($2::text[]))
       ORDER BY sign_in FOR UPDATE`,
      [all, ofStaff],
    );
    return rows.map(({ sign_in }) => sign_in);
  }

  /** Ends all that came of these sign-ins, of which more than one are locked by now; what the data plane has to end stands among the endings. */
  async end(tx: Tx, signIns: readonly Buffer[]): Promise<void> {
    await tx.query('DELETE FROM sign_in WHERE sign_in = ANY($1)', [signIns]);
  }

  /** Ends the sessions of the data plane in which others act for somebody. */
  async endGuarded(tx: Tx, personId: Buffer): Promise<void> {
    await tx.query('DELETE FROM api_session WHERE person_id = $1 AND guardianship IS NOT NULL', [personId]);
  }

  /** Ends the oldest sign-ins of an owner until so many are left. */
  async endOldest(tx: Tx, { personId, staff }: Owner, most: number): Promise<void> {
    await tx.query(
      `DELETE FROM sign_in WHERE sign_in IN (
         SELECT sign_in FROM sign_in WHERE person_id = $1 OR staff = $2
         ORDER BY began_at DESC, sign_in OFFSET $3 FOR UPDATE)`,
      [personId, staff, most],
    );
  }

  async insertOfApi(
    tx: Tx,
    session: Buffer,
    { sign_in, person_id, staff, guardianship = null }: OfApi,
    expiresAt: Date,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO api_session (session, sign_in, person_id, staff, guardianship, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [session, sign_in, person_id, staff, guardianship, expiresAt],
    );
  }

  /** The same for the sessions of the data plane of one sign-in, which is locked. */
  async endOldestOfApi(tx: Tx, signIn: Buffer, most: number): Promise<void> {
    await tx.query(
      `DELETE FROM api_session WHERE session IN (
         SELECT session FROM api_session WHERE sign_in = $1 ORDER BY began_at DESC, session OFFSET $2)`,
      [signIn, most],
    );
  }

  async findEndings(tx: Tx, limit: number): Promise<Buffer[]> {
    const rows = await tx.query<{ session: Buffer }>(
      'SELECT session FROM session_ending ORDER BY asked_at LIMIT $1',
      [limit],
    );
    return rows.map(({ session }) => session);
  }

  async confirmEndings(tx: Tx, sessions: readonly Buffer[]): Promise<number> {
    const rows = await tx.query('DELETE FROM session_ending WHERE session = ANY($1) RETURNING 1', [sessions]);
    return rows.length;
  }

  /** How many the data plane should long have ended. */
  async countOverdueEndings(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM session_ending WHERE asked_at < now() - interval '5 minutes'`,
    );
    return row?.count ?? 0;
  }

  /** Whether the data plane has still to end any session of these people or accounts, whoever asked for it. */
  async isEnding(tx: Tx, owners: readonly Buffer[]): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM session_ending WHERE owner = ANY($1) LIMIT 1', [owners]);
    return rows.length > 0;
  }

  /** Each in a transaction of its own: together they and whoever ends a sign-in would wait for each other. */
  async deleteExpired(unitOfWork: UnitOfWork): Promise<void> {
    for (const sweep of SWEEPS) await unitOfWork.single((tx) => tx.query(sweep));
  }
}
