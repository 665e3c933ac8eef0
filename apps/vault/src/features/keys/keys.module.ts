import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import {
  KEK_KEYRING,
  KEYRING,
  type KekKeyring,
  type Keyring,
  KeyringModule,
  KeyringPulse,
} from '../keyring/index.js';
import { DomainKeys } from './domain-keys.js';
import { KeysStore } from './keys.store.js';
import { LiveIndex } from './live-index.js';
import { StaffNames } from './staff-names.js';
import { StrictKeys } from './strict-keys.js';

@Module({
  imports: [KeyringModule],
  providers: [
    provide(KeysStore),
    {
      provide: StrictKeys,
      inject: [KEK_KEYRING, VAULT_CONFIG],
      useFactory: (keyring: KekKeyring | null, config: VaultConfig) =>
        keyring &&
        new StrictKeys(keyring, {
          makes: config.KEYRING_STRICT === 'on',
          forMs: config.KEYRING_STRICT_SECONDS * 1_000,
        }),
    },
    {
      provide: DomainKeys,
      inject: [KEYRING, KeysStore, UnitOfWork, KeyringPulse, StrictKeys],
      useFactory: async (
        keyring: Keyring,
        store: KeysStore,
        unitOfWork: UnitOfWork,
        pulse: KeyringPulse,
        strict: StrictKeys | null,
      ) => {
        const keys = new DomainKeys(keyring, store, unitOfWork, pulse, { strict });
        await keys.load();
        return keys;
      },
    },
    provide(LiveIndex, DomainKeys),
    provide(StaffNames, DomainKeys),
  ],
  exports: [DomainKeys, LiveIndex, StaffNames, KeyringModule],
})
export class KeysModule {}
