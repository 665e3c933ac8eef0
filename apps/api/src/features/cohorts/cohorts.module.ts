import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { ModulePermits, PermitsModule, permitsOf } from '../permits/index.js';
import { Census } from './census.js';
import { CohortsController } from './cohorts.controller.js';
import { CohortsService } from './cohorts.service.js';
import { CohortsStore } from './cohorts.store.js';
import { Draws } from './draws.js';
import { FactsService } from './facts.service.js';

@Module({
  imports: [PermitsModule],
  controllers: [CohortsController],
  providers: [
    permitsOf('analytics'),
    provide(CohortsStore),
    provide(FactsService, CohortsStore, AuditLog),
    provide(Census, CohortsStore, ModulePermits, UnitOfWork),
    {
      provide: CohortsService,
      inject: [CohortsStore, Census, API_CONFIG, AuditLog, UnitOfWork],
      useFactory: (
        store: CohortsStore,
        census: Census,
        config: ApiConfig,
        audit: AuditLog,
        unitOfWork: UnitOfWork,
      ) => {
        const draws = new Draws(config.PLATFORM_SECRET_FILE, config.COHORT_MINIMUM);
        return new CohortsService(store, census, draws, config.COHORT_QUESTIONS_A_DAY, audit, unitOfWork);
      },
    },
  ],
  exports: [CohortsStore],
})
export class CohortsModule {}
