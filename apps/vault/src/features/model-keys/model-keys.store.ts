import type { Tx } from '@integument/database';
import type { WrappedKey } from '../keys/index.js';

export class ModelKeysStore {
  async insert(tx: Tx, id: Buffer, { domainKey, wrapped }: WrappedKey): Promise<void> {
    await tx.query('INSERT INTO model_key (model_key_id, domain_key, wrapped_key) VALUES ($1, $2, $3)', [
      id,
      domainKey,
      wrapped,
    ]);
  }

  async find(tx: Tx, id: Buffer): Promise<WrappedKey | null> {
    const rows = await tx.query<WrappedKey>(
      'SELECT domain_key AS "domainKey", wrapped_key AS wrapped FROM model_key WHERE model_key_id = $1',
      [id],
    );
    return rows[0] ?? null;
  }

  /** @returns false where it was gone already */
  async delete(tx: Tx, id: Buffer): Promise<boolean> {
    const rows = await tx.query('DELETE FROM model_key WHERE model_key_id = $1 RETURNING 1', [id]);
    return rows.length === 1;
  }
}
