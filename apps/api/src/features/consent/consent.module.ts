import { AuditLog } from '@integument/audit-log';
import { Outbox, UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { VaultClient } from '../../platform/vault-client.js';
import { PermitKeys, PermitsModule, PermitsStore } from '../permits/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { ConsentController } from './consent.controller.js';
import { ConsentService } from './consent.service.js';
import { ConsentStore } from './consent.store.js';
import { GateReconciler } from './gate-reconciler.js';

@Module({
  imports: [PermitsModule, SessionsModule],
  controllers: [ConsentController],
  providers: [
    provide(ConsentStore),
    provide(
      ConsentService,
      PermitsStore,
      ConsentStore,
      SessionsService,
      PermitKeys,
      VaultClient,
      Outbox,
      AuditLog,
      UnitOfWork,
    ),
    {
      provide: GateReconciler,
      inject: [PermitsStore, Outbox, UnitOfWork, API_CONFIG],
      useFactory: (gates: PermitsStore, outbox: Outbox, unitOfWork: UnitOfWork, config: ApiConfig) =>
        new GateReconciler(gates, outbox, unitOfWork, config.GATE_PATIENCE_SECONDS * 1_000),
    },
  ],
  exports: [GateReconciler],
})
export class ConsentModule {}
