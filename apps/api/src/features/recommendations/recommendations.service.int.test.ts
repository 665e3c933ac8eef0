import { randomBytes } from 'node:crypto';
import { readModelKey } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import { ProductsStore } from '../products/index.js';
import { EaseModel } from './ease.js';
import { GramMatrix } from './gram.js';
import { ModelVault } from './model-vault.js';
import { RecommendationsService } from './recommendations.service.js';
import { RecommendationsStore } from './recommendations.store.js';
import type { RecommendationsTrainer } from './recommendations-trainer.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

/** The vault's half of model keys, and what happens between somebody's look at the model and its answer. */
class KeysInMemory {
  readonly keys = new Map<string, string>();
  beforeReading = () => Promise.resolve();

  async call(route: object, { params }: { params?: { modelKey: string } }): Promise<unknown> {
    if (route !== readModelKey) {
      const [modelKey, key] = [encodeId('mdk', randomBytes(16)), randomBytes(32).toString('base64url')];
      this.keys.set(modelKey, key);
      return { modelKey, key };
    }
    await this.beforeReading();
    const key = this.keys.get(params?.modelKey ?? '');
    if (!key) throw new VaultRefused(404, 'model_keys.not_found');
    return { ...params, key };
  }
}

it('reads the newer model where a training replaces the one that was just read', async () => {
  const vault = new KeysInMemory();
  const store = new RecommendationsStore();
  const models = new ModelVault(vault as unknown as VaultClient, api.platformSecret);
  const nobody = undefined as unknown as RecommendationsTrainer;
  const service = new RecommendationsService(
    store,
    new ProductsStore(),
    models,
    nobody,
    api.audit,
    api.unitOfWork,
  );
  const replace = async (version: number, productIds: string[]) => {
    vault.keys.clear();
    const model = EaseModel.train(new GramMatrix(productIds.length), 500);
    const { modelKey, sealed } = await models.seal({ model, productIds });
    const row = { version, model_key: modelKey, trained_on: Buffer.alloc(32), sealed };
    await api.unitOfWork.run((tx) => store.replaceSnapshot(tx, row));
  };
  await replace(1, ['old']);
  vault.beforeReading = () => {
    vault.beforeReading = () => Promise.resolve();
    return replace(2, ['new']);
  };
  expect((await service.current()).productIds).toEqual(['new']);
});
