import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { keyLives } from '../../rotation-settings.js';
import { Catalogue, CatalogueModule } from '../catalogue/index.js';
import { KEYRING, type Keyring } from '../keyring/index.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { IndexKeeper, PeopleModule, PersonSealer } from '../people/index.js';
import { TokenSealer, TokensModule } from '../tokens/index.js';
import { BackupReach } from './backup-reach.js';
import { KeySchedule } from './key-schedule.js';
import { moversOf, type Openers } from './movers.js';
import { RootStore } from './root.store.js';
import { RootKeys } from './root-keys.js';
import { RotationController } from './rotation.controller.js';
import { RotationService } from './rotation.service.js';
import { RotationStore } from './rotation.store.js';
import { Rotations } from './rotations.js';

const LIVES = Symbol('KeyLives');
const NAMES = Symbol('KeyringNames');
const OPENERS = Symbol('Openers');

@Module({
  imports: [KeysModule, PeopleModule, TokensModule, CatalogueModule],
  controllers: [RotationController],
  providers: [
    provide(RotationStore),
    provide(RootStore),
    { provide: LIVES, inject: [VAULT_CONFIG], useFactory: keyLives },
    {
      provide: NAMES,
      inject: [VAULT_CONFIG],
      useFactory: ({
        KEYRING: kind,
        KEYRING_TRANSIT_MOUNT: mount,
        KEYRING_TRANSIT_KEY: key,
      }: VaultConfig) => ({
        kind,
        mount,
        key,
      }),
    },
    {
      provide: OPENERS,
      inject: [DomainKeys, PersonSealer, IndexKeeper, TokenSealer, Catalogue],
      useFactory: (
        keys: DomainKeys,
        people: PersonSealer,
        keeper: IndexKeeper,
        tokens: TokenSealer,
        catalogue: Catalogue,
      ): Openers => ({ keys, people, keeper, tokens, catalogue }),
    },
    {
      provide: Rotations,
      inject: [RotationStore, OPENERS, KEYRING, UnitOfWork, AuditLog],
      useFactory: (
        store: RotationStore,
        openers: Openers,
        keyring: Keyring,
        unitOfWork: UnitOfWork,
        audit: AuditLog,
      ) => {
        const movers = (domain: string) => moversOf(domain, openers);
        return new Rotations(store, openers.keys, keyring, movers, unitOfWork, audit);
      },
    },
    provide(RootKeys, RootStore, RotationStore, DomainKeys, KEYRING, UnitOfWork, AuditLog),
    provide(KeySchedule, RotationStore, Rotations, RootKeys, UnitOfWork, AuditLog, LIVES),
    provide(BackupReach, RotationStore, RootStore, LIVES),
    provide(RotationService, RotationStore, RootStore, Rotations, RootKeys, AuditLog, LIVES, NAMES),
  ],
  exports: [KeySchedule, BackupReach],
})
export class RotationModule {}
