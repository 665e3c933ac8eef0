import { generateKeyPairSync } from 'node:crypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { ReceiptKeysStore, ReceiptSigner } from './receipt-keys.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const keys = new ReceiptKeysStore();
const published = () => api.unitOfWork.single((tx) => keys.findAll(tx));

function anySigner(): Promise<ReceiptSigner> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return ReceiptSigner.of(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/** @returns what a receipt says, by the published keys alone */
async function proven(receipt: string): Promise<unknown> {
  const { payload } = await compactVerify(receipt, createLocalJWKSet({ keys: await published() }));
  return JSON.parse(Buffer.from(payload).toString('utf8'));
}

it('receipts of an earlier key go on to be proven by what is published, beside those of today’s', async () => {
  const [before, now] = [await anySigner(), await anySigner()];
  await keys.publish(api.unitOfWork, before);
  const old = await before.sign({ of: 'before' });
  // Each start publishes, whichever key it has.
  for (const signer of [now, now, before]) await keys.publish(api.unitOfWork, signer);
  const sets = await published();
  expect(sets).toHaveLength(2);
  expect(sets).toEqual(expect.arrayContaining([before.publicKey, now.publicKey]));
  expect(await proven(old)).toEqual({ of: 'before' });
  expect(await proven(await now.sign({ of: 'now' }))).toEqual({ of: 'now' });
});

it('a receipt of a key that was never published is proven by nothing', async () => {
  await expect(proven(await (await anySigner()).sign({ of: 'nobody' }))).rejects.toThrow();
});
