import { AUDIT_EXPORTS, auditProviders } from '@integument/audit-http';
import { Abilities } from '@integument/authz';
import { Idempotency, migrate, openDatabase, UnitOfWork } from '@integument/database';
import { Effects, provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { VaultConfig } from '../config.js';
import { DomainKeys, KeysModule, SessionSecret } from '../features/keys/index.js';
import { vaultMigrations } from '../migrations/index.js';
import { vaultPolicies } from './policies.js';
import { ISSUER, VAULT_CONFIG } from './tokens.js';

/** What every feature stands on: the database, the audit log, the abilities. */
@Global()
@Module({})
export class PlatformModule {
  static with(config: VaultConfig, logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      imports: [database(config), KeysModule],
      providers: [
        { provide: VAULT_CONFIG, useValue: config },
        { provide: ISSUER, useValue: config.OIDC_ISSUER },
        { provide: Logger, useValue: logger },
        provide(UnitOfWork, DataSource),
        ...auditProviders({
          signingKey: config.VAULT_AUDIT_KEY_FILE,
          origin: config.VAULT_AUDIT_ORIGIN,
          config,
          retiredKey: config.VAULT_AUDIT_RETIRED_KEY_FILE,
          reads: { url: config.VAULT_DATABASE_URL, applicationName: 'integument-vault-readers' },
        }),
        provide(Effects, UnitOfWork, Idempotency),
        { provide: Abilities, useFactory: () => new Abilities(vaultPolicies) },
        {
          provide: Idempotency,
          inject: [DomainKeys],
          useFactory: (keys: DomainKeys) => {
            const secret = new SessionSecret(keys, 'integument/idempotency/v1');
            return new Idempotency(() => secret.all());
          },
        },
      ],
      exports: [VAULT_CONFIG, ISSUER, Logger, UnitOfWork, ...AUDIT_EXPORTS, Abilities, Idempotency, Effects],
    };
  }
}

function database(config: VaultConfig): DynamicModule {
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ type: 'postgres' }),
    dataSourceFactory: async () => {
      const dataSource = await openDatabase({
        url: config.VAULT_DATABASE_URL,
        poolSize: config.VAULT_DATABASE_POOL,
        applicationName: 'integument-vault',
        // A rotation waits for what was begun before it: nobody may keep it waiting by doing nothing.
        idleInTransactionMs: 50_000,
        migrations: vaultMigrations,
      });
      await migrate(dataSource);
      return dataSource;
    },
  });
}
