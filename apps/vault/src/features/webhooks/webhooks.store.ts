import type { ClientId, WebhookEvent } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';

export type OffBecause = 'failing' | 'gone';

export interface EndpointRow {
  readonly client_id: ClientId;
  readonly url: string;
  readonly events: WebhookEvent[];
  readonly state: 'on' | 'off';
  readonly off_because: OffBecause | null;
  readonly failing_since: Date | null;
}

/** With what staff are shown beside it. */
export interface EndpointCounts extends EndpointRow {
  readonly secrets: number;
  readonly waiting: number;
  readonly dead: number;
}

export interface SecretRow extends WrappedKey {
  readonly client_id: ClientId;
  readonly secretId: Buffer;
}

const ENDPOINT = 'client_id, url, events, state, off_because, failing_since';
const LIVE = '(not_after IS NULL OR not_after > now())';

/** Endpoints and their secrets. Whoever locks both takes the endpoint first, then its deliveries: so nobody waits in a circle. */
export class WebhooksStore {
  /** Until the transaction ends nobody removes the client. Null where there is none, or none any more. */
  async lockClient(tx: Tx, client: ClientId): Promise<{ use: 'identity' | 'health' } | null> {
    const rows = await tx.query<{ use: 'identity' | 'health' }>(
      'SELECT use FROM client WHERE client_id = $1 AND NOT removed FOR NO KEY UPDATE',
      [client],
    );
    return rows[0] ?? null;
  }

  /** @returns whether there was none before. One that was off is on again, and what waits is due. */
  async put(
    tx: Tx,
    { client, url, events }: { client: ClientId; url: string; events: readonly WebhookEvent[] },
  ) {
    const [row] = await tx.query<{ made: boolean }>(
      `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT webhook_endpoint_pk DO UPDATE
         SET url = excluded.url, events = excluded.events, state = 'on', off_because = NULL, failing_since = NULL
       RETURNING xmax = 0 AS made`,
      [client, url, events],
    );
    await tx.query(
      `UPDATE webhook_delivery SET due_at = now()
       WHERE client_id = $1 AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= now())`,
      [client],
    );
    return row?.made ?? false;
  }

  async lock(tx: Tx, client: ClientId): Promise<EndpointRow | null> {
    const rows = await tx.query<EndpointRow>(
      `SELECT ${ENDPOINT} FROM webhook_endpoint WHERE client_id = $1 FOR NO KEY UPDATE`,
      [client],
    );
    return rows[0] ?? null;
  }

  async find(tx: Tx, client: ClientId): Promise<EndpointCounts | null> {
    const rows = await tx.query<EndpointCounts>(
      `SELECT ${ENDPOINT},
         (SELECT count(*)::int FROM webhook_secret s WHERE s.client_id = e.client_id AND ${LIVE}) AS secrets,
         (SELECT count(*)::int FROM webhook_delivery d WHERE d.client_id = e.client_id AND d.state = 'waiting') AS waiting,
         (SELECT count(*)::int FROM webhook_delivery d WHERE d.client_id = e.client_id AND d.state = 'dead') AS dead
       FROM webhook_endpoint e WHERE client_id = $1`,
      [client],
    );
    return rows[0] ?? null;
  }

  async remove(tx: Tx, client: ClientId): Promise<boolean> {
    const rows = await tx.query('DELETE FROM webhook_endpoint WHERE client_id = $1 RETURNING 1', [client]);
    return rows.length === 1;
  }

  /** The current one goes on for the time given; one that was going on already ends. */
  async retireSecrets(tx: Tx, client: ClientId, hours: number): Promise<void> {
    await tx.query('DELETE FROM webhook_secret WHERE client_id = $1 AND not_after IS NOT NULL', [client]);
    await tx.query(
      `UPDATE webhook_secret SET not_after = now() + $2 * interval '1 hour' WHERE client_id = $1`,
      [client, hours],
    );
  }

  async addSecret(tx: Tx, client: ClientId, secretId: Buffer, { domainKey, wrapped }: WrappedKey) {
    await tx.query(
      'INSERT INTO webhook_secret (secret_id, client_id, domain_key, wrapped) VALUES ($1, $2, $3, $4)',
      [secretId, client, domainKey, wrapped],
    );
  }

  findMany(tx: Tx, clients: readonly string[]): Promise<EndpointRow[]> {
    return tx.query<EndpointRow>(`SELECT ${ENDPOINT} FROM webhook_endpoint WHERE client_id = ANY($1)`, [
      clients,
    ]);
  }

  /** Those that sign, the newest first. */
  findSecrets(tx: Tx, clients: readonly string[]): Promise<SecretRow[]> {
    return tx.query<SecretRow>(
      `SELECT client_id, secret_id AS "secretId", domain_key AS "domainKey", wrapped FROM webhook_secret
       WHERE client_id = ANY($1) AND ${LIVE} ORDER BY made_at DESC`,
      [clients],
    );
  }

  async works(tx: Tx, client: string): Promise<void> {
    await tx.query('UPDATE webhook_endpoint SET failing_since = NULL WHERE client_id = $1', [client]);
  }

  /** @returns why it was switched off by this, if it was */
  async fails(tx: Tx, client: string, gone: boolean, offAfterHours: number): Promise<OffBecause | null> {
    await tx.query(
      'UPDATE webhook_endpoint SET failing_since = coalesce(failing_since, now()) WHERE client_id = $1',
      [client],
    );
    const rows = await tx.query<{ off_because: OffBecause }>(
      `UPDATE webhook_endpoint SET state = 'off', off_because = CASE WHEN $2 THEN 'gone' ELSE 'failing' END
       WHERE client_id = $1 AND state = 'on' AND ($2 OR failing_since <= now() - $3 * interval '1 hour')
       RETURNING off_because`,
      [client, gone, offAfterHours],
    );
    return rows[0]?.off_because ?? null;
  }

  async sweep(tx: Tx): Promise<void> {
    await tx.query('DELETE FROM webhook_secret WHERE not_after <= now()');
  }
}
