import { createModelKey, destroyModelKey, type ModelKeyId, readModelKey } from '@integument/contracts';
import { context, decodeId, deriveKey, encodeId, open, seal } from '@integument/crypto';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot.js';

/** Seals models under keys that the vault makes, one for each, and destroys one by one. */
export class ModelVault {
  constructor(
    private readonly vault: VaultClient,
    private readonly platformSecret: Buffer,
  ) {}

  async seal(snapshot: Snapshot): Promise<{ modelKey: Buffer; sealed: Buffer }> {
    const { modelKey: name, key } = await this.vault.call(createModelKey, {});
    const modelKey = decodeId('mdk', name);
    return { modelKey, sealed: seal(this.derive(key), encodeSnapshot(snapshot), placeOf(modelKey)) };
  }

  /** @returns null where the key is destroyed: another model has taken this one's place */
  async open(modelKey: Buffer, sealed: Buffer): Promise<Snapshot | null> {
    const params = { modelKey: nameOf(modelKey) };
    const answer = await this.vault.call(readModelKey, { params }).catch(nullIfGone);
    return answer && decodeSnapshot(open(this.derive(answer.key), sealed, placeOf(modelKey)));
  }

  async destroy(modelKey: Buffer): Promise<void> {
    await this.vault.call(destroyModelKey, { params: { modelKey: nameOf(modelKey) } });
  }

  /** What the outbox keeps of a key to be destroyed. */
  messageFor(modelKey: Buffer): { modelKey: ModelKeyId } {
    return { modelKey: nameOf(modelKey) };
  }

  /** Handles that message; destroying twice does no harm. */
  async handle(payload: unknown): Promise<void> {
    const { modelKey } = payload as { modelKey: ModelKeyId };
    await this.destroy(decodeId('mdk', modelKey));
  }

  private derive(key: string): Buffer {
    return deriveKey(Buffer.from(key, 'base64url'), 'model-snapshot', this.platformSecret);
  }
}

function nullIfGone(error: unknown): null {
  if (error instanceof VaultRefused && error.code === 'model_keys.not_found') return null;
  throw error;
}

function nameOf(modelKey: Buffer): ModelKeyId {
  return encodeId('mdk', modelKey) as ModelKeyId;
}

function placeOf(modelKey: Buffer): Buffer {
  return context('model_snapshot', modelKey);
}
