import { type AuditLog, defineAction } from '@integument/audit-log';
import { type ModelKeyId, notFound } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { DomainKeys } from '../keys/index.js';
import type { ModelKeysStore } from './model-keys.store.js';

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
    private readonly store: ModelKeysStore,
    private readonly keys: DomainKeys,
    private readonly audit: AuditLog,
  ) {}

  async create(tx: Tx, asker: Asker): Promise<ModelKey> {
    const id = randomId();
    const { key, ...wrapped } = this.keys.mint('model', id);
    await this.store.insert(tx, id, wrapped);
    const modelKey = encodeId('mdk', id) as ModelKeyId;
    await this.audit.append(tx, created({ ...by(asker), object: modelKey }));
    return { modelKey, key: key.toString('base64url') };
  }

  async read(tx: Tx, asker: Asker, modelKey: ModelKeyId): Promise<ModelKey> {
    const id = decodeId('mdk', modelKey);
    const wrapped = await this.store.find(tx, id);
    if (!wrapped) throw notFound('model_keys.not_found');
    await this.audit.append(tx, read({ ...by(asker), object: modelKey }));
    return { modelKey, key: this.keys.unwrap('model', id, wrapped).toString('base64url') };
  }

  async destroy(tx: Tx, asker: Asker, modelKey: ModelKeyId): Promise<void> {
    const gone = await this.store.delete(tx, decodeId('mdk', modelKey));
    if (gone) await this.audit.append(tx, destroyed({ ...by(asker), object: modelKey }));
  }
}
