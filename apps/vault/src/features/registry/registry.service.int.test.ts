import { AuditLog } from '@integument/audit-log';
import { BlindIndex } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, TestVault } from '../../vault.fixture.js';
import { RegistryService } from './registry.service.js';
import { RegistryStore } from './registry.store.js';
import type { RegistryFile } from './registry-file.js';

let vault: TestVault;
let registry: RegistryService;
const store = new RegistryStore();
beforeAll(async () => {
  vault = await TestVault.open();
  registry = new RegistryService(store, new BlindIndex(vault.keys.secret('index')), new AuditLog(), ISSUER);
});
afterAll(() => vault.close());

const SHOP = { id: 'shop', use: 'identity', revealPurposes: ['delivery'] } as const;
/** As a start of the vault does with its file. */
const start = (...clients: unknown[]) =>
  vault.unitOfWork.run((tx) => registry.apply(tx, { clients, staff: [] } as unknown as RegistryFile));
const registered = async (use: 'identity' | 'health') =>
  (await vault.unitOfWork.single((tx) => store.findClients(tx, use))).map(({ client_id }) => client_id);

describe('the registry', () => {
  it('knows the clients of the last file, and no other', async () => {
    await start(SHOP, { id: 'app', use: 'health', purposes: ['ingest'] });
    expect([await registered('identity'), await registered('health')]).toEqual([['shop'], ['app']]);
    await start(SHOP);
    expect([await registered('identity'), await registered('health')]).toEqual([['shop'], []]);
    const asked = vault.unitOfWork.single((tx) => registry.getHealthClient(tx, 'app'));
    await expect(asked).rejects.toThrow('registry.client_unknown');
  });

  it('takes a client back for what it was for, and never for the other use', async () => {
    await start(SHOP);
    const health = { id: 'shop', use: 'health', purposes: ['ingest'] };
    await expect(start(health)).rejects.toThrow('from identity to health');
    await start();
    expect(await registered('identity')).toEqual([]);
    await expect(start(health)).rejects.toThrow('from identity to health');
    await start(SHOP);
    expect(await registered('identity')).toEqual(['shop']);
  });
});
