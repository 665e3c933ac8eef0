import { afterAll, beforeAll, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../api.fixture.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';

// What the vault says of a session whose person is being erased.
const refusing = {
  call: () => Promise.reject(new VaultRefused(404, 'permits.session_unknown')),
} as unknown as VaultClient;

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open(refusing);
});
afterAll(() => api.close());

it('tells somebody whom the vault knows no more that something came first, and changes nothing', async () => {
  const asker = await api.asker(await api.openSession(sessionContent()));
  const superseded = { code: 'consent.superseded', status: 409 };
  await expect(api.consent.give(asker, 'ingest', api.agreementTo('ingest'))).rejects.toMatchObject(
    superseded,
  );
  await expect(api.takingBack.withdraw(asker, 'ingest')).rejects.toMatchObject(superseded);
  expect(await api.query('SELECT FROM permit_gate')).toEqual([]);
  expect(await api.entries()).toEqual([]);
});
