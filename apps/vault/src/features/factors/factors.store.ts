import type { FactorKind } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';
import { sessionGone } from '../sessions/index.js';
import type { Passkey } from './passkeys.js';

export interface FactorRow {
  readonly factor_id: Buffer;
  readonly kind: FactorKind;
  readonly enrolled_on: string;
  readonly used_at: Date;
}

export interface SealedSecret {
  readonly factorId: Buffer;
  readonly wrapped: WrappedKey;
}

interface SealedRow {
  readonly factor_id: Buffer;
  readonly domain_key: number;
  readonly wrapped: Buffer;
}

/** What hangs on a session is written while it lives, or not at all. */
async function onlyInSession(tx: Tx, insert: string, values: unknown[]): Promise<void> {
  const rows = await tx.query(insert, values);
  if (rows.length === 0) throw sessionGone();
}

export class FactorsStore {
  /**
   * Until the transaction ends nobody else enrols, uses or removes a second factor of this account: guesses that come at the
   * same time are counted one after the other, and of two removals the second sees what the first has left.
   * @returns whether the account is staff
   */
  async lockAccount(tx: Tx, account: Buffer): Promise<boolean> {
    // Not FOR UPDATE, which would keep the account from signing in meanwhile.
    const rows = await tx.query('SELECT 1 FROM staff WHERE account = $1 FOR NO KEY UPDATE', [account]);
    return rows.length > 0;
  }

  /** The same for the caller's own. @throws CodedError `auth.required` where they were dismissed just now */
  async lockOwnAccount(tx: Tx, account: Buffer): Promise<void> {
    if (!(await this.lockAccount(tx, account))) throw sessionGone();
  }

  findAll(tx: Tx, account: Buffer): Promise<FactorRow[]> {
    return tx.query<FactorRow>(
      `SELECT factor_id, kind, to_char(enrolled_on, 'YYYY-MM-DD') AS enrolled_on, used_at
       FROM factor WHERE account = $1 ORDER BY enrolled_on, factor_id`,
      [account],
    );
  }

  async delete(tx: Tx, factorId: Buffer): Promise<void> {
    await tx.query('DELETE FROM factor WHERE factor_id = $1', [factorId]);
  }

  /** Forgets everything by which an account could show a second factor. @returns how many factors there were */
  async deleteAll(tx: Tx, account: Buffer): Promise<number> {
    await tx.query('DELETE FROM recovery_code WHERE account = $1', [account]);
    await tx.query('DELETE FROM factor_attempts WHERE account = $1', [account]);
    const deleted = await tx.query('DELETE FROM factor WHERE account = $1 RETURNING 1', [account]);
    return deleted.length;
  }

  /** @throws CodedError `auth.required` where the session has ended meanwhile */
  async putEnrolment(tx: Tx, session: Buffer, secret: SealedSecret, expiresAt: Date): Promise<void> {
    await onlyInSession(
      tx,
      `INSERT INTO factor_enrolment (session, factor_id, domain_key, wrapped, expires_at)
       SELECT session, $2, $3, $4, $5 FROM vault_session WHERE session = $1 FOR KEY SHARE
       ON CONFLICT ON CONSTRAINT factor_enrolment_pk DO UPDATE SET factor_id = excluded.factor_id,
         domain_key = excluded.domain_key, wrapped = excluded.wrapped, expires_at = excluded.expires_at
       RETURNING 1`,
      [session, secret.factorId, secret.wrapped.domainKey, secret.wrapped.wrapped, expiresAt],
    );
  }

  async findEnrolment(tx: Tx, session: Buffer, now: Date): Promise<SealedSecret | null> {
    const [row] = await tx.query<SealedRow>(
      'SELECT factor_id, domain_key, wrapped FROM factor_enrolment WHERE session = $1 AND expires_at > $2',
      [session, now],
    );
    return row ? toSealed(row) : null;
  }

  async insertTotp(tx: Tx, account: Buffer, secret: SealedSecret, step: number, now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO factor (factor_id, account, kind, domain_key, wrapped, last_step, used_at)
       VALUES ($1, $2, 'totp', $3, $4, $5, $6)`,
      [secret.factorId, account, secret.wrapped.domainKey, secret.wrapped.wrapped, step, now],
    );
  }

  async findTotp(tx: Tx, account: Buffer): Promise<SealedSecret[]> {
    const rows = await tx.query<SealedRow>(
      `SELECT factor_id, domain_key, wrapped FROM factor WHERE account = $1 AND kind = 'totp'`,
      [account],
    );
    return rows.map(toSealed);
  }

  /** Only forwards, in one statement: of a hundred uses of a code one moves the step. @returns whether this was it */
  async spendStep(tx: Tx, factorId: Buffer, step: number, now: Date): Promise<boolean> {
    const moved = await tx.query(
      'UPDATE factor SET last_step = $2, used_at = $3 WHERE factor_id = $1 AND last_step < $2 RETURNING 1',
      [factorId, step, now],
    );
    return moved.length === 1;
  }

  async putChallenge(
    tx: Tx,
    session: Buffer,
    purpose: 'enrol' | 'use',
    challenge: Buffer,
    expiresAt: Date,
  ): Promise<void> {
    await onlyInSession(
      tx,
      `INSERT INTO factor_challenge (session, purpose, challenge, expires_at)
       SELECT session, $2, $3, $4 FROM vault_session WHERE session = $1 FOR KEY SHARE
       ON CONFLICT ON CONSTRAINT factor_challenge_pk
         DO UPDATE SET challenge = excluded.challenge, expires_at = excluded.expires_at
       RETURNING 1`,
      [session, purpose, challenge, expiresAt],
    );
  }

  /** Deleting is the use: of a hundred answers at once one gets the challenge. */
  async takeChallenge(tx: Tx, session: Buffer, purpose: 'enrol' | 'use', now: Date): Promise<Buffer | null> {
    const [taken] = await tx.query<{ challenge: Buffer; expires_at: Date }>(
      'DELETE FROM factor_challenge WHERE session = $1 AND purpose = $2 RETURNING challenge, expires_at',
      [session, purpose],
    );
    return taken && taken.expires_at > now ? taken.challenge : null;
  }

  /** @returns false where the passkey is enrolled already, with whomever */
  async insertPasskey(
    tx: Tx,
    account: Buffer,
    factorId: Buffer,
    passkey: Passkey,
    now: Date,
  ): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO factor (factor_id, account, kind, credential, public_key, counter, used_at)
       VALUES ($1, $2, 'passkey', $3, $4, $5, $6)
       ON CONFLICT ON CONSTRAINT factor_credential DO NOTHING RETURNING 1`,
      [factorId, account, passkey.credential, passkey.publicKey, passkey.counter, now],
    );
    return rows.length === 1;
  }

  async findPasskeys(tx: Tx, account: Buffer): Promise<(Passkey & { factorId: Buffer })[]> {
    const rows = await tx.query<{
      factor_id: Buffer;
      credential: Buffer;
      public_key: Buffer;
      counter: string;
    }>(
      `SELECT factor_id, credential, public_key, counter FROM factor WHERE account = $1 AND kind = 'passkey'`,
      [account],
    );
    return rows.map(({ factor_id, credential, public_key, counter }) => ({
      factorId: factor_id,
      credential,
      publicKey: public_key,
      counter: Number(counter),
    }));
  }

  /** Only forwards; a passkey without a counter always says 0. @returns false for one that did not rise: a copy, perhaps */
  async advanceCounter(tx: Tx, factorId: Buffer, counter: number, now: Date): Promise<boolean> {
    const moved = await tx.query(
      `UPDATE factor SET counter = $2, used_at = $3
       WHERE factor_id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0)) RETURNING 1`,
      [factorId, counter, now],
    );
    return moved.length === 1;
  }

  async replaceRecoveryCodes(tx: Tx, account: Buffer, digests: readonly Buffer[]): Promise<void> {
    await tx.query('DELETE FROM recovery_code WHERE account = $1', [account]);
    await tx.query('INSERT INTO recovery_code (code, account) SELECT unnest($1::bytea[]), $2', [
      digests,
      account,
    ]);
  }

  /** Deleting is the use. */
  async takeRecoveryCode(tx: Tx, account: Buffer, digest: Buffer): Promise<boolean> {
    const taken = await tx.query('DELETE FROM recovery_code WHERE account = $1 AND code = $2 RETURNING 1', [
      account,
      digest,
    ]);
    return taken.length === 1;
  }

  async countRecoveryCodes(tx: Tx, account: Buffer): Promise<number> {
    const [row] = await tx.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM recovery_code WHERE account = $1',
      [account],
    );
    return row?.count ?? 0;
  }

  async findAttempts(tx: Tx, account: Buffer): Promise<{ failures: number; wait_until: Date } | null> {
    const [row] = await tx.query<{ failures: number; wait_until: Date }>(
      'SELECT failures, wait_until FROM factor_attempts WHERE account = $1',
      [account],
    );
    return row ?? null;
  }

  async putAttempts(tx: Tx, account: Buffer, failures: number, waitUntil: Date): Promise<void> {
    await tx.query(
      `INSERT INTO factor_attempts (account, failures, wait_until) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT factor_attempts_pk
         DO UPDATE SET failures = excluded.failures, wait_until = excluded.wait_until`,
      [account, failures, waitUntil],
    );
  }

  async clearAttempts(tx: Tx, account: Buffer): Promise<void> {
    await tx.query('DELETE FROM factor_attempts WHERE account = $1', [account]);
  }

  async deleteExpired(tx: Tx): Promise<void> {
    await tx.query('DELETE FROM factor_enrolment WHERE expires_at < now()');
    await tx.query('DELETE FROM factor_challenge WHERE expires_at < now()');
  }
}

function toSealed({ factor_id, domain_key, wrapped }: SealedRow): SealedSecret {
  return { factorId: factor_id, wrapped: { domainKey: domain_key, wrapped } };
}
