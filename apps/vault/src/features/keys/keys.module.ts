import { BlindIndex } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DomainKeys } from './domain-keys.js';
import { GuardedIndex } from './guarded-index.js';
import { KEYRING, type Keyring } from './keyring.js';
import { KeyringPulse } from './keyring-pulse.js';
import { KeysStore } from './keys.store.js';
import { graceMs, openKeyring } from './open-keyring.js';

@Module({
  providers: [
    provide(KeysStore),
    { provide: KEYRING, inject: [VAULT_CONFIG], useFactory: openKeyring },
    {
      provide: KeyringPulse,
      inject: [KEYRING, VAULT_CONFIG],
      useFactory: (keyring: Keyring, config: VaultConfig) =>
        new KeyringPulse(keyring, { graceMs: graceMs(config) }),
    },
    {
      provide: DomainKeys,
      inject: [KEYRING, KeysStore, UnitOfWork, KeyringPulse],
      useFactory: async (keyring: Keyring, store: KeysStore, unitOfWork: UnitOfWork, pulse: KeyringPulse) => {
        const keys = new DomainKeys(keyring, store, unitOfWork, pulse);
        await keys.load();
        return keys;
      },
    },
    {
      provide: BlindIndex,
      inject: [DomainKeys, KeyringPulse],
      useFactory: (keys: DomainKeys, pulse: KeyringPulse) => new GuardedIndex(keys.secret('index'), pulse),
    },
  ],
  exports: [DomainKeys, BlindIndex, KeyringPulse],
})
export class KeysModule {}
