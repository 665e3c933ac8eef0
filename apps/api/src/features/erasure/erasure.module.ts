import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { Module } from '@nestjs/common';
import { VaultClient } from '../../platform/vault-client.js';
import { CohortsModule } from '../cohorts/index.js';
import { ConsentModule, ConsentStore } from '../consent/index.js';
import { FaultsModule } from '../faults/index.js';
import { IngestModule } from '../ingest/index.js';
import {
  DueGatesStore,
  PermitKeys,
  PermitsModule,
  PermitsStore,
  type PurposeData,
} from '../permits/index.js';
import { RecommendationsModule } from '../recommendations/index.js';
import { SessionsModule, SessionsStore } from '../sessions/index.js';
import { DATA_OWNERS } from './data-owners.js';
import { ErasureService } from './erasure.service.js';

@Module({
  imports: [
    PermitsModule,
    ConsentModule,
    SessionsModule,
    IngestModule,
    RecommendationsModule,
    FaultsModule,
    CohortsModule,
  ],
  providers: [
    {
      provide: ErasureService,
      inject: [
        PermitsStore,
        DueGatesStore,
        PermitKeys,
        SessionsStore,
        ConsentStore,
        VaultClient,
        AuditLog,
        UnitOfWork,
        ...DATA_OWNERS,
      ],
      useFactory: (
        gates: PermitsStore,
        dueGates: DueGatesStore,
        keys: PermitKeys,
        sessions: SessionsStore,
        consents: ConsentStore,
        vault: VaultClient,
        audit: AuditLog,
        unitOfWork: UnitOfWork,
        ...owners: PurposeData[]
      ) => new ErasureService(gates, dueGates, keys, sessions, owners, consents, vault, audit, unitOfWork),
    },
  ],
  exports: [ErasureService],
})
export class ErasureModule {}
