import type {
  ClientId,
  ClientPurpose,
  ClientUse,
  Credential,
  PurposeName,
  RevealPurpose,
  Vouched,
} from '@integument/contracts';
import type { Tx } from '@integument/database';

export interface CredentialRow {
  readonly credential: Credential;
  readonly not_before: Date;
  readonly not_after: Date | null;
  /** by the database's clock */
  readonly ended: boolean;
}

/** What the console says of a client: `purposes` are those of its use. */
export interface Registration {
  readonly client_id: ClientId;
  readonly use: ClientUse;
  readonly purposes: ClientPurpose[];
  readonly vouches_for: Vouched[];
  readonly dpop: boolean;
}

export interface ClientRow extends Registration {
  readonly origin: 'file' | 'console';
  readonly removed: boolean;
  readonly suspended: boolean;
  readonly credentials: CredentialRow[];
}

/** As the table has it: purposes of each use in a column of their own. */
export interface RegisteredRow {
  readonly client_id: string;
  readonly use: ClientUse;
  readonly reveal_purposes: RevealPurpose[];
  readonly purposes: PurposeName[];
  readonly vouches_for: Vouched[];
  /** refused without a proof of its key */
  readonly dpop: boolean;
}

/** Whom a credential lets in just now. */
export interface LetIn extends RegisteredRow {
  /** milliseconds; null for a credential that nobody has retired */
  readonly ends_in_ms: number | null;
}

type BareRow = Omit<ClientRow, 'credentials'>;

const REGISTERED = 'client_id, use, reveal_purposes, purposes, vouches_for, dpop';

const CLIENT = `client_id, use, reveal_purposes || purposes AS purposes, vouches_for, dpop, origin, removed,
  suspended_at IS NOT NULL AS suspended`;

/** By the database's clock alone, so that a replica's doesn't matter. */
const LET_IN = {
  name: 'registry-let-in',
  text: `SELECT ${REGISTERED}, floor(extract(epoch FROM k.not_after - clock_timestamp()) * 1000)::float8 AS ends_in_ms
    FROM client_credential k JOIN client c USING (client_id)
    WHERE k.credential = $1 AND NOT c.removed AND c.suspended_at IS NULL
      AND k.not_before <= clock_timestamp() AND (k.not_after IS NULL OR k.not_after > clock_timestamp())`,
};

/** All SQL of clients and their credentials, whoever registers them: the file or the console. */
export class ClientsStore {
  /** In one statement. */
  async findByCredential(tx: Tx, credential: string): Promise<LetIn | null> {
    const rows = await tx.query<LetIn>(LET_IN, [credential]);
    return rows[0] ?? null;
  }

  async findAll(tx: Tx): Promise<ClientRow[]> {
    const rows = await tx.query<BareRow>(`SELECT ${CLIENT} FROM client ORDER BY client_id`);
    return this.withCredentials(tx, rows);
  }

  /** Until the transaction ends nobody else changes this client or its credentials. */
  async lock(tx: Tx, client: ClientId): Promise<ClientRow | null> {
    const rows = await tx.query<BareRow>(`SELECT ${CLIENT} FROM client WHERE client_id = $1 FOR UPDATE`, [
      client,
    ]);
    // A statement of its own, after the lock: one that began before it would miss what the last holder did.
    return (await this.withCredentials(tx, rows))[0] ?? null;
  }

  /** @returns false where it is registered already, or was for the other use */
  async register(tx: Tx, { client_id, use, purposes, vouches_for, dpop }: Registration): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO client (${REGISTERED}, origin) VALUES ($1, $2, $3, $4, $5, $6, 'console')
       ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
         SET reveal_purposes = excluded.reveal_purposes, purposes = excluded.purposes,
           vouches_for = excluded.vouches_for, dpop = excluded.dpop, origin = 'console', removed = false, suspended_at = NULL
         WHERE client.removed AND client.use = excluded.use
       RETURNING client_id`,
      [client_id, use, ...byUse(use, purposes), vouches_for, dpop],
    );
    return rows.length === 1;
  }

  async change(tx: Tx, { client_id, use, purposes, vouches_for, dpop }: Registration): Promise<void> {
    await tx.query(
      `UPDATE client SET reveal_purposes = $2, purposes = $3, vouches_for = $4, dpop = $5 WHERE client_id = $1`,
      [client_id, ...byUse(use, purposes), vouches_for, dpop],
    );
  }

  async setSuspended(tx: Tx, client: ClientId, suspended: boolean): Promise<void> {
    await tx.query('UPDATE client SET suspended_at = CASE WHEN $2 THEN now() END WHERE client_id = $1', [
      client,
      suspended,
    ]);
  }

  async remove(tx: Tx, client: ClientId): Promise<void> {
    await tx.query('UPDATE client SET removed = true WHERE client_id = $1', [client]);
  }

  /** @returns false for one that is known, whoever's it is or was */
  async addCredential(tx: Tx, client: ClientId, credential: Credential, from: Date | null): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO client_credential (credential, client_id, origin, not_before)
       VALUES ($1, $2, 'console', coalesce($3, clock_timestamp()))
       ON CONFLICT ON CONSTRAINT client_credential_pk DO NOTHING RETURNING credential`,
      [credential, client, from],
    );
    return rows.length === 1;
  }

  /** @param at now when null */
  async endCredential(tx: Tx, credential: Credential, at: Date | null): Promise<void> {
    await tx.query(
      'UPDATE client_credential SET not_after = coalesce($2, clock_timestamp()) WHERE credential = $1',
      [credential, at],
    );
  }

  /**
   * A client's use cannot change, also not by way of a removal: what it learned for one use would serve the other. One that the console
   * has registered becomes the file's; a suspension stays.
   */
  async upsertOfFile(tx: Tx, client: RegisteredRow): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO client (${REGISTERED}) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
         SET reveal_purposes = excluded.reveal_purposes, purposes = excluded.purposes,
           vouches_for = excluded.vouches_for, dpop = excluded.dpop, removed = false, origin = 'file'
         WHERE client.use = excluded.use
       RETURNING client_id`,
      [
        client.client_id,
        client.use,
        client.reveal_purposes,
        client.purposes,
        client.vouches_for,
        client.dpop,
      ],
    );
    return rows.length === 1;
  }

  /**
   * Gives a client just these credentials.
   * @returns false where one is, or once was, another client's, or was retired by the console: what leaked opens nothing again because
   *   the file takes the client over. What the file itself has left out it can name again.
   */
  async setCredentialsOfFile(tx: Tx, clientId: string, credentials: readonly string[]): Promise<boolean> {
    await tx.query(
      `UPDATE client_credential SET not_after = clock_timestamp()
       WHERE client_id = $1 AND credential <> ALL($2) AND (not_after IS NULL OR not_after > clock_timestamp())`,
      [clientId, credentials],
    );
    const rows = await tx.query(
      `INSERT INTO client_credential (credential, client_id, origin) SELECT unnest($2::text[]), $1, 'file'
       ON CONFLICT ON CONSTRAINT client_credential_pk DO UPDATE SET origin = 'file',
         not_after = NULL, not_before = least(client_credential.not_before, now())
         WHERE client_credential.client_id = excluded.client_id
           AND (client_credential.origin = 'file' OR client_credential.not_after IS NULL
             OR client_credential.not_after > clock_timestamp())
       RETURNING credential`,
      [clientId, credentials],
    );
    return rows.length === credentials.length;
  }

  /** Those that the file named once and names no more; the console's stay. */
  async removeOfFileExcept(tx: Tx, clientIds: readonly string[]): Promise<void> {
    const removed = await tx.query<{ client_id: string }>(
      `UPDATE client SET removed = true
       WHERE origin = 'file' AND client_id <> ALL($1) AND NOT removed RETURNING client_id`,
      [clientIds],
    );
    for (const { client_id } of removed) await this.setCredentialsOfFile(tx, client_id, []);
  }

  private async withCredentials(tx: Tx, clients: readonly BareRow[]): Promise<ClientRow[]> {
    const rows = await tx.query<CredentialRow & { client_id: ClientId }>(
      `SELECT client_id, credential, not_before, not_after,
         coalesce(not_after <= clock_timestamp(), false) AS ended
       FROM client_credential WHERE client_id = ANY($1) ORDER BY not_before, credential`,
      [clients.map(({ client_id }) => client_id)],
    );
    return clients.map((client) => ({
      ...client,
      credentials: rows.filter(({ client_id }) => client_id === client.client_id),
    }));
  }
}

function byUse(use: ClientUse, purposes: readonly ClientPurpose[]) {
  return use === 'identity' ? [purposes, []] : [[], purposes];
}
