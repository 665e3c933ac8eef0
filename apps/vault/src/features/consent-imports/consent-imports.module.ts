import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { PermitBatches, PermitOpenings, PermitsModule } from '../permits/index.js';
import { RulesModule } from '../rules/index.js';
import { ConsentEvidence } from './consent-evidence.js';
import { ConsentImportsController } from './consent-imports.controller.js';
import { ConsentImportsService } from './consent-imports.service.js';
import { ConsentImportsStore } from './consent-imports.store.js';
import { EvidenceSealer } from './evidence-sealer.js';
import { ImportedMint } from './imported-mint.js';
import { ImportedOpenings } from './imported-openings.js';
import { ImportedOpeningsStore } from './imported-openings.store.js';

@Module({
  imports: [KeysModule, PermitsModule, RulesModule],
  controllers: [ConsentImportsController],
  providers: [
    provide(ConsentImportsStore),
    provide(ImportedOpeningsStore),
    provide(EvidenceSealer, DomainKeys),
    provide(ConsentImportsService, ConsentImportsStore, EvidenceSealer, AuditLog),
    provide(ConsentEvidence, ConsentImportsStore, EvidenceSealer, AuditLog),
    provide(ImportedMint, ImportedOpeningsStore, PermitOpenings, PermitBatches),
    provide(ImportedOpenings, ImportedOpeningsStore, ImportedMint, AuditLog),
  ],
  exports: [ImportedOpenings],
})
export class ConsentImportsModule {}
