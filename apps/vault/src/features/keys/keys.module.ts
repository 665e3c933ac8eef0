import { BlindIndex } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DomainKeys } from './domain-keys.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import { KEYRING, type Keyring } from './keyring.js';
import { KeysStore } from './keys.store.js';

@Module({
  providers: [
    provide(KeysStore),
    {
      provide: KEYRING,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) =>
        EmbeddedKeyring.load({ sealedFile: config.KEYRING_FILE, keyFile: config.KEYRING_KEY_FILE }),
    },
    {
      provide: DomainKeys,
      inject: [KEYRING, KeysStore, UnitOfWork],
      useFactory: async (keyring: Keyring, store: KeysStore, unitOfWork: UnitOfWork) => {
        const keys = new DomainKeys(keyring, store, unitOfWork);
        await keys.load();
        return keys;
      },
    },
    {
      provide: BlindIndex,
      inject: [DomainKeys],
      useFactory: (keys: DomainKeys) => new BlindIndex(keys.secret('index')),
    },
  ],
  exports: [DomainKeys, BlindIndex],
})
export class KeysModule {}
