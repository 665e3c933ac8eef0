import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { EvidenceStore } from './evidence.store.js';
import { EvidenceKeeper } from './evidence-keeper.js';
import { OpeningsController } from './openings.controller.js';
import { OpeningsService } from './openings.service.js';

@Module({
  imports: [KeysModule, ApprovalsModule],
  controllers: [OpeningsController],
  providers: [
    provide(EvidenceStore),
    provide(EvidenceKeeper, EvidenceStore, DomainKeys),
    provide(OpeningsService, Approvals, EvidenceKeeper, AuditLog),
  ],
  exports: [EvidenceKeeper, OpeningsService],
})
export class EvidenceModule {}
