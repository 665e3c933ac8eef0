import { byteaArray, type Tx } from '@integument/database';

export interface EventRow {
  readonly eventId: Buffer;
  readonly sealed: Buffer;
}

export interface SnapshotRow {
  readonly version: number;
  readonly model_key: Buffer;
  readonly trained_on: Buffer;
  readonly sealed: Buffer;
}

export class RecommendationsStore {
  /** @returns how many were new */
  async insert(tx: Tx, pseudonym: Buffer, events: readonly EventRow[]): Promise<number> {
    const rows = await tx.query(
      {
        name: 'recommendations.insert',
        text: `INSERT INTO preference_event (pseudonym, event_id, sealed)
               SELECT $1, * FROM unnest($2::bytea[], $3::bytea[]) ON CONFLICT DO NOTHING RETURNING 1`,
      },
      [
        pseudonym,
        byteaArray(events.map(({ eventId }) => eventId)),
        byteaArray(events.map(({ sealed }) => sealed)),
      ],
    );
    return rows.length;
  }

  async findEvents(tx: Tx, pseudonym: Buffer): Promise<EventRow[]> {
    return tx.query<EventRow>(
      {
        name: 'recommendations.find_events',
        text: 'SELECT event_id AS "eventId", sealed FROM preference_event WHERE pseudonym = $1',
      },
      [pseudonym],
    );
  }

  /** What a model would be trained on now, in one digest: which permits are open and which events they have. */
  async fingerprint(tx: Tx): Promise<Buffer> {
    const [row] = await tx.query<{ digest: Buffer }>(
      `SELECT sha256(
         coalesce((SELECT string_agg(gate_id, '' ORDER BY gate_id) FROM permit_gate
                   WHERE state = 'open' AND purpose = 'recommendation'), '')
         || coalesce((SELECT string_agg(event_id, '' ORDER BY pseudonym, event_id) FROM preference_event), '')
         || (SELECT revision::text::bytea FROM product_catalogue)) AS digest`,
    );
    if (!row) throw new Error('no fingerprint');
    return row.digest;
  }

  async findVersion(tx: Tx): Promise<number> {
    const rows = await tx.query<{ version: number }>({
      name: 'recommendations.version',
      text: 'SELECT version FROM model_snapshot',
    });
    return rows[0]?.version ?? 0;
  }

  async findSnapshot(tx: Tx): Promise<SnapshotRow | null> {
    const rows = await tx.query<SnapshotRow>(
      'SELECT version, model_key, trained_on, sealed FROM model_snapshot',
    );
    return rows[0] ?? null;
  }

  /** @returns false where another training stored its model since this version was read */
  async replaceSnapshot(tx: Tx, snapshot: SnapshotRow): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO model_snapshot (only_row, version, model_key, trained_on, sealed) VALUES (true, $1, $2, $3, $4)
       ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, model_key = excluded.model_key,
         trained_on = excluded.trained_on, sealed = excluded.sealed
       WHERE model_snapshot.version = excluded.version - 1 RETURNING 1`,
      [snapshot.version, snapshot.model_key, snapshot.trained_on, snapshot.sealed],
    );
    return rows.length === 1;
  }

  async erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    await tx.query('DELETE FROM preference_event WHERE pseudonym = $1', [pseudonym]);
  }
}
