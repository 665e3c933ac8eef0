import { BlindIndex } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { KEYRING, type Keyring, KeyringModule, KeyringPulse } from '../keyring/index.js';
import { DomainKeys } from './domain-keys.js';
import { GuardedIndex } from './guarded-index.js';
import { IndexKeys } from './index-keys.js';
import { KeysStore } from './keys.store.js';

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
    {
      provide: BlindIndex,
      inject: [DomainKeys, KeyringPulse],
      useFactory: (keys: DomainKeys, pulse: KeyringPulse) => new GuardedIndex(keys.secret('index'), pulse),
    },
    {
      provide: IndexKeys,
      inject: [DomainKeys, BlindIndex],
      useFactory: (keys: DomainKeys, index: BlindIndex) =>
        new IndexKeys(() => [{ indexKey: keys.indexKey(), index }]),
    },
  ],
  exports: [DomainKeys, BlindIndex, IndexKeys],
})
export class KeysModule {}
