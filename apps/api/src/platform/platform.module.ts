import { AUDIT_EXPORTS, auditProviders } from '@integument/audit-http';
import { Abilities } from '@integument/authz';
import { deriveKey } from '@integument/crypto';
import { Idempotency, migrate, Outbox, openDatabase, UnitOfWork } from '@integument/database';
import { ClientDirectory, Effects, provide, RulesInForce } from '@integument/http';
import { createQueues, type Queues } from '@integument/queue';
import { Logger } from '@integument/telemetry';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { ApiConfig } from '../config.js';
import { platformMigrations } from '../migrations/index.js';
import { clientDirectory } from './client-directory.js';
import { apiPolicies } from './policies.js';
import { API_CONFIG, QUEUES } from './tokens.js';
import { VaultClient } from './vault-client.js';
import { VaultRules } from './vault-rules.js';

/** What every feature stands on: the database, the audit log, the vault, the abilities, the queues. */
@Global()
@Module({})
export class PlatformModule {
  static with(config: ApiConfig, logger: Logger): DynamicModule {
    return {
      module: PlatformModule,
      imports: [database(config)],
      providers: [
        { provide: API_CONFIG, useValue: config },
        { provide: Logger, useValue: logger },
        provide(UnitOfWork, DataSource),
        provide(Outbox),
        ...auditProviders({
          signingKey: config.API_AUDIT_KEY_FILE,
          origin: config.API_AUDIT_ORIGIN,
          config,
          retiredKey: config.API_AUDIT_RETIRED_KEY_FILE,
          reads: { url: config.PLATFORM_DATABASE_URL, applicationName: 'integument-api-readers' },
        }),
        provide(Effects, UnitOfWork, Idempotency),
        { provide: Abilities, useFactory: () => new Abilities(apiPolicies) },
        {
          provide: Idempotency,
          useFactory: () =>
            new Idempotency(deriveKey(config.PLATFORM_SECRET_FILE, 'integument/idempotency/v1')),
        },
        {
          provide: VaultClient,
          useFactory: () =>
            new VaultClient({
              url: config.VAULT_INTERNAL_URL,
              ca: config.API_TLS_CA_FILE,
              cert: config.API_TLS_CERT_FILE,
              key: config.API_TLS_KEY_FILE,
            }),
        },
        { provide: ClientDirectory, inject: [VaultClient], useFactory: clientDirectory },
        {
          provide: RulesInForce,
          inject: [VaultClient],
          useFactory: (vault: VaultClient) => new RulesInForce('api', new VaultRules(vault)),
        },
        {
          provide: QUEUES,
          useFactory: (): Promise<Queues> =>
            createQueues({
              url: config.QUEUE_URL ?? config.PLATFORM_DATABASE_URL,
              report: ({ job, attempt, error }) =>
                logger.warn('job failed', { job, attempts: attempt, error }),
            }),
        },
      ],
      exports: [
        API_CONFIG,
        QUEUES,
        Logger,
        UnitOfWork,
        Outbox,
        ...AUDIT_EXPORTS,
        Abilities,
        Idempotency,
        Effects,
        VaultClient,
        ClientDirectory,
        RulesInForce,
      ],
    };
  }
}

function database(config: ApiConfig): DynamicModule {
  return TypeOrmModule.forRootAsync({
    useFactory: () => ({ type: 'postgres' }),
    dataSourceFactory: async () => {
      const dataSource = await openDatabase({
        url: config.PLATFORM_DATABASE_URL,
        poolSize: config.PLATFORM_DATABASE_POOL,
        applicationName: 'integument-api',
        migrations: platformMigrations,
      });
      await migrate(dataSource);
      return dataSource;
    },
  });
}
