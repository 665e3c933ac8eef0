import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { EvidenceKeeper, EvidenceModule } from '../evidence/index.js';
import { GuardianshipsModule, WhoAgrees } from '../guardianships/index.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { WebhookEvents, WebhooksModule } from '../webhooks/index.js';
import { PermitBatches } from './permit-batches.js';
import { PermitOpenings } from './permit-openings.js';
import { PermitsService } from './permits.service.js';
import { PermitsStore } from './permits.store.js';
import { StandingOptOuts } from './standing-opt-outs.js';
import { StandingOptOutsStore } from './standing-opt-outs.store.js';

@Module({
  imports: [KeysModule, EvidenceModule, GuardianshipsModule, WebhooksModule],
  providers: [
    provide(PermitsStore),
    provide(StandingOptOutsStore),
    provide(StandingOptOuts, StandingOptOutsStore, AuditLog),
    provide(
      PermitsService,
      PermitsStore,
      DomainKeys,
      EvidenceKeeper,
      WebhookEvents,
      WhoAgrees,
      StandingOptOuts,
      AuditLog,
    ),
    provide(PermitOpenings, PermitsStore, DomainKeys, EvidenceKeeper, WebhookEvents, WhoAgrees, AuditLog),
    provide(PermitBatches, DomainKeys, EvidenceKeeper, WebhookEvents, AuditLog),
  ],
  exports: [PermitsService, PermitOpenings, PermitBatches, StandingOptOuts],
})
export class PermitsModule {}
