import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide, RulesInForce } from '@integument/http';
import { Module } from '@nestjs/common';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { CatalogueModule } from '../catalogue/index.js';
import { RulesController } from './rules.controller.js';
import { RulesService } from './rules.service.js';
import { RulesStore } from './rules.store.js';
import { StoredRules } from './stored-rules.js';

@Module({
  imports: [ApprovalsModule, CatalogueModule],
  controllers: [RulesController],
  providers: [
    provide(RulesStore),
    provide(RulesService, RulesStore, Approvals, AuditLog),
    provide(StoredRules, RulesStore, UnitOfWork),
    {
      provide: RulesInForce,
      inject: [StoredRules],
      useFactory: (source: StoredRules) => new RulesInForce('vault', source),
    },
  ],
  exports: [RulesInForce, StoredRules],
})
export class RulesModule {}
