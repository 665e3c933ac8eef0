import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { KEYRING, type Keyring, KeyringModule, KeyringPulse } from '../keyring/index.js';
import { DomainKeys } from './domain-keys.js';
import { KeysStore } from './keys.store.js';
import { LiveIndex } from './live-index.js';
import { StaffNames } from './staff-names.js';

@Module({
  imports: [KeyringModule],
  providers: [
    provide(KeysStore),
    {
      provide: DomainKeys,
      inject: [KEYRING, KeysStore, UnitOfWork, KeyringPulse],
      useFactory: async (keyring: Keyring, store: KeysStore, unitOfWork: UnitOfWork, pulse: KeyringPulse) => {
        const keys = new DomainKeys(keyring, store, unitOfWork, pulse);
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
