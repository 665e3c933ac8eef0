import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { EvidenceKeeper, EvidenceModule } from '../evidence/index.js';
import { GuardianshipsModule, GuardianshipsService } from '../guardianships/index.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { BackupReach, RotationModule } from '../rotation/index.js';
import { RulesModule } from '../rules/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { WebhookEvents, WebhooksModule } from '../webhooks/index.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureService } from './erasure.service.js';
import { ErasureStore } from './erasure.store.js';

@Module({
  imports: [
    KeysModule,
    EvidenceModule,
    GuardianshipsModule,
    SessionsModule,
    RulesModule,
    RotationModule,
    WebhooksModule,
  ],
  controllers: [ErasureController],
  providers: [
    provide(ErasureStore),
    provide(
      ErasureService,
      ErasureStore,
      DomainKeys,
      EvidenceKeeper,
      SessionsService,
      GuardianshipsService,
      BackupReach,
      WebhookEvents,
      AuditLog,
    ),
  ],
  exports: [ErasureService],
})
export class ErasureModule {}
