import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { Module } from '@nestjs/common';
import { VaultClient } from '../../platform/vault-client.js';
import { CohortsModule, CohortsStore } from '../cohorts/index.js';
import { ConsentModule, ConsentStore } from '../consent/index.js';
import { FaultsModule, FaultsService } from '../faults/index.js';
import { IngestModule, IngestStore } from '../ingest/index.js';
import {
  DueGatesStore,
  PermitKeys,
  PermitsModule,
  PermitsStore,
  type PurposeData,
} from '../permits/index.js';
import { RecommendationsModule, RecommendationsService } from '../recommendations/index.js';
import { SessionsModule, SessionsStore } from '../sessions/index.js';
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
        IngestStore,
        RecommendationsService,
        FaultsService,
        CohortsStore,
        ConsentStore,
        VaultClient,
        AuditLog,
        UnitOfWork,
      ],
      useFactory: (
        gates: PermitsStore,
        dueGates: DueGatesStore,
        keys: PermitKeys,
        sessions: SessionsStore,
        ingest: PurposeData,
        recommendations: PurposeData,
        faults: PurposeData,
        cohorts: PurposeData,
        consents: ConsentStore,
        vault: VaultClient,
        audit: AuditLog,
        unitOfWork: UnitOfWork,
      ) =>
        new ErasureService(
          gates,
          dueGates,
          keys,
          sessions,
          [ingest, recommendations, faults, cohorts],
          consents,
          vault,
          audit,
          unitOfWork,
        ),
    },
  ],
  exports: [ErasureService],
})
export class ErasureModule {}
