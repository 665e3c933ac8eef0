import { AuditLog } from '@integument/audit-log';
import { Outbox, UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG, QUEUES } from '../../platform/tokens.js';
import { VaultClient } from '../../platform/vault-client.js';
import { ModulePermits, PermitsModule, permitsOf } from '../permits/index.js';
import { ProductsModule, ProductsStore } from '../products/index.js';
import { ModelVault } from './model-vault.js';
import { RecommendationsController } from './recommendations.controller.js';
import { RecommendationsService } from './recommendations.service.js';
import { RecommendationsStore } from './recommendations.store.js';
import { RecommendationsTrainer } from './recommendations-trainer.js';

@Module({
  imports: [PermitsModule, ProductsModule],
  controllers: [RecommendationsController],
  providers: [
    permitsOf('recommendations'),
    provide(RecommendationsStore),
    {
      provide: ModelVault,
      inject: [VaultClient, API_CONFIG],
      useFactory: (vault: VaultClient, config: ApiConfig) =>
        new ModelVault(vault, config.PLATFORM_SECRET_FILE),
    },
    provide(
      RecommendationsTrainer,
      RecommendationsStore,
      ModulePermits,
      ProductsStore,
      ModelVault,
      QUEUES,
      Outbox,
      AuditLog,
      UnitOfWork,
    ),
    provide(
      RecommendationsService,
      RecommendationsStore,
      ProductsStore,
      ModelVault,
      RecommendationsTrainer,
      AuditLog,
      UnitOfWork,
    ),
  ],
  exports: [RecommendationsService, RecommendationsTrainer, ModelVault],
})
export class RecommendationsModule {}
