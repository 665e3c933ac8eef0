import { type AuditLog, defineAction } from '@integument/audit-log';
import { type ModelKeyId, notFound } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { DomainKeys } from '../keys/index.js';

const created = defineAction('model_keys.create');
const read = defineAction('model_keys.read');
const destroyed = defineAction('model_keys.destroy');

interface ModelKey {
  readonly modelKey: ModelKeyId;
  readonly key: string;
}

/** Keys of recommendation models: each model has its own, destroyed with it, so that no copy of it outlives it. */
export class ModelKeysService {
  constructor(
    private readonly keys: DomainKeys,
    private readonly audit: AuditLog,
  ) {}

  async create(tx: Tx, asker: Asker): Promise<ModelKey> {
    const id = randomId();
    const { key, domainKey, wrapped } = this.keys.mint('model', id);
    await tx.query('INSERT INTO model_key (model_key_id, domain_key, wrapped_key) VALUES ($1, $2, $3)', [
      id,
      domainKey,
      wrapped,
    ]);
    const modelKey = encodeId('mdk', id) as ModelKeyId;
    await this.audit.append(tx, created({ ...by(asker), object: modelKey }));
    return { modelKey, key: key.toString('base64url') };
  }

  async read(tx: Tx, asker: Asker, modelKey: ModelKeyId): Promise<ModelKey> {
    const id = decodeId('mdk', modelKey);
    const [row] = await tx.query<{ domain_key: number; wrapped_key: Buffer }>(
      'SELECT domain_key, wrapped_key FROM model_key WHERE model_key_id = $1',
      [id],
    );
    if (!row) throw notFound('model_keys.not_found');
    await this.audit.append(tx, read({ ...by(asker), object: modelKey }));
    const key = this.keys.unwrap('model', id, { domainKey: row.domain_key, wrapped: row.wrapped_key });
    return { modelKey, key: key.toString('base64url') };
  }

  async destroy(tx: Tx, asker: Asker, modelKey: ModelKeyId): Promise<void> {
    const gone = await tx.query('DELETE FROM model_key WHERE model_key_id = $1 RETURNING 1', [
      decodeId('mdk', modelKey),
    ]);
    if (gone.length > 0) await this.audit.append(tx, destroyed({ ...by(asker), object: modelKey }));
  }
}
