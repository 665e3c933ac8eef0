import type { PurposeName, RevealPurpose } from '@integument/contracts';
import type { Tx } from '@integument/database';

export interface ClientRow {
  readonly client_id: string;
  readonly use: 'identity' | 'health';
  readonly reveal_purposes: RevealPurpose[];
  readonly purposes: PurposeName[];
  /** refused without a proof of its key */
  readonly dpop: boolean;
}

export interface DeclaredClient extends ClientRow {
  readonly credentials: readonly string[];
}

/** Whom a credential lets in just now. */
export interface LetIn extends ClientRow {
  /** milliseconds; null for a credential that nobody has retired */
  readonly ends_in_ms: number | null;
}

/** What the file has said last, by the names of its clients and the digests of its staff. */
export interface OfFile {
  readonly clients: ReadonlyMap<string, string>;
  readonly staff: ReadonlyMap<string, string>;
}

const CLIENT = 'client_id, use, reveal_purposes, purposes, dpop';

/** By the database's clock alone, so that a replica's doesn't matter. */
const LET_IN = {
  name: 'registry-let-in',
  text: `SELECT ${CLIENT}, floor(extract(epoch FROM k.not_after - clock_timestamp()) * 1000)::float8 AS ends_in_ms
    FROM client_credential k JOIN client c USING (client_id)
    WHERE k.credential = $1 AND NOT c.removed AND c.suspended_at IS NULL
      AND k.not_before <= clock_timestamp() AND (k.not_after IS NULL OR k.not_after > clock_timestamp())`,
};

export class RegistryStore {
  /** In one statement. */
  async findByCredential(tx: Tx, credential: string): Promise<LetIn | null> {
    const rows = await tx.query<LetIn>(LET_IN, [credential]);
    return rows[0] ?? null;
  }

  /** Until the transaction ends no other start of the vault applies its file. */
  async takeTurn(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('integument/registry-file', 0))`);
  }

  async findOfFile(tx: Tx): Promise<OfFile> {
    const clients = await tx.query<Declared>(
      `SELECT client_id AS name, jsonb_build_array(use, reveal_purposes, purposes, dpop, (
           SELECT jsonb_agg(credential ORDER BY credential) FROM client_credential k
           WHERE k.client_id = c.client_id AND (not_after IS NULL OR not_after > clock_timestamp())
         ))::text AS declared
       FROM client c WHERE origin = 'file' AND NOT removed ORDER BY client_id`,
    );
    const staff = await tx.query<Declared>(
      `SELECT encode(account, 'hex') AS name, jsonb_build_array(roles, regions)::text AS declared FROM staff WHERE origin = 'file' ORDER BY account`,
    );
    return { clients: byName(clients), staff: byName(staff) };
  }

  async findRoles(tx: Tx, account: Buffer): Promise<string[] | null> {
    const rows = await tx.query<{ roles: string[] }>('SELECT roles FROM staff WHERE account = $1', [account]);
    return rows[0]?.roles ?? null;
  }

  /**
   * A client's use cannot change, also not by way of a removal: what it learned for one use would serve the other. One that the console
   * has registered becomes the file's; a suspension stays.
   */
  async upsertClient(tx: Tx, client: ClientRow): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO client (${CLIENT}) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT ON CONSTRAINT client_pk DO UPDATE
         SET reveal_purposes = excluded.reveal_purposes, purposes = excluded.purposes, dpop = excluded.dpop,
           removed = false, origin = 'file'
         WHERE client.use = excluded.use
       RETURNING client_id`,
      [client.client_id, client.use, client.reveal_purposes, client.purposes, client.dpop],
    );
    return rows.length === 1;
  }

  /**
   * Gives a client just these credentials.
   * @returns false where one is, or once was, another client's, or was retired by the console: what leaked opens nothing again because
   *   the file takes the client over. What the file itself has left out it can name again.
   */
  async setCredentials(tx: Tx, clientId: string, credentials: readonly string[]): Promise<boolean> {
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

  /**
   * Whom the console has appointed stays, unless the file names them: then they are the file's, so that the operator can always take a
   * role away again, whoever gave it.
   */
  async replaceStaff(
    tx: Tx,
    staff: readonly { account: Buffer; roles: readonly string[]; regions: readonly string[] }[],
  ): Promise<void> {
    const kept = staff.map(({ account }) => account);
    const gone = await tx.query<{ account: Buffer }>(
      `SELECT account FROM staff WHERE origin = 'file' AND account <> ALL($1) ORDER BY account FOR UPDATE`,
      [kept],
    );
    const accounts = gone.map(({ account }) => account);
    // Before the rows that they hang on: a cascade would lock sessions first, and sign-outs lock them last.
    await tx.query('DELETE FROM sign_in WHERE staff = ANY($1)', [accounts]);
    await tx.query('DELETE FROM staff WHERE account = ANY($1)', [accounts]);
    for (const { account, roles, regions } of staff) {
      await tx.query(
        `INSERT INTO staff (account, roles, regions, origin) VALUES ($1, $2, $3, 'file')
         ON CONFLICT ON CONSTRAINT staff_pk DO UPDATE SET roles = excluded.roles, regions = excluded.regions,
           origin = excluded.origin`,
        // In one order, as the console has them: a list written the other way round is no change, and ends no sessions.
        [account, [...roles].sort(), regions],
      );
    }
  }

  /** Those that the file named once and names no more; the console's stay. */
  async removeClientsExcept(tx: Tx, clientIds: readonly string[]): Promise<void> {
    const removed = await tx.query<{ client_id: string }>(
      `UPDATE client SET removed = true
       WHERE origin = 'file' AND client_id <> ALL($1) AND NOT removed RETURNING client_id`,
      [clientIds],
    );
    for (const { client_id } of removed) await this.setCredentials(tx, client_id, []);
  }
}

interface Declared {
  readonly name: string;
  readonly declared: string;
}

function byName(rows: readonly Declared[]): ReadonlyMap<string, string> {
  return new Map(rows.map(({ name, declared }) => [name, declared]));
}
