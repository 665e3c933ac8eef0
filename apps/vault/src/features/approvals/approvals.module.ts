import { AuditLog } from '@integument/audit-log';
import { Abilities } from '@integument/authz';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ApprovalDecisions } from './approval-decisions.service.js';
import { ApprovalRequests } from './approval-requests.service.js';
import { ApprovalsController } from './approvals.controller.js';
import { Approvals } from './approvals.js';
import { ApprovalsStore } from './approvals.store.js';

@Module({
  controllers: [ApprovalsController],
  providers: [
    provide(ApprovalsStore),
    provide(ApprovalRequests, ApprovalsStore, Abilities, AuditLog),
    provide(ApprovalDecisions, ApprovalsStore, AuditLog),
    provide(Approvals, ApprovalsStore, Abilities, AuditLog),
  ],
  exports: [Approvals],
})
export class ApprovalsModule {}
