import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ConsentAge, GuardianshipsModule, GuardianshipsStore } from '../guardianships/index.js';
import { PeopleModule, PersonSealer, PersonValues } from '../people/index.js';
import { PermitBatches, PermitOpenings, PermitsModule } from '../permits/index.js';
import { RulesModule } from '../rules/index.js';
import { ConsentEvidence } from './consent-evidence.js';
import { ConsentImportsController } from './consent-imports.controller.js';
import { ConsentImportsService } from './consent-imports.service.js';
import { ConsentImportsStore } from './consent-imports.store.js';
import { ImportAges } from './import-ages.js';
import { ImportedMint } from './imported-mint.js';
import { ImportedOpenings } from './imported-openings.js';
import { ImportedOpeningsStore } from './imported-openings.store.js';

@Module({
  imports: [PeopleModule, GuardianshipsModule, PermitsModule, RulesModule],
  controllers: [ConsentImportsController],
  providers: [
    provide(ConsentImportsStore),
    provide(ImportedOpeningsStore),
    provide(ImportAges, PersonValues, ConsentAge),
    provide(ConsentImportsService, ConsentImportsStore, PersonSealer, ImportAges, AuditLog),
    provide(ConsentEvidence, ConsentImportsStore, GuardianshipsStore, PersonSealer, AuditLog),
    provide(ImportedMint, ImportedOpeningsStore, PermitOpenings, PermitBatches, ImportAges),
    provide(ImportedOpenings, ImportedOpeningsStore, ImportedMint, AuditLog),
  ],
  exports: [ImportedOpenings],
})
export class ConsentImportsModule {}
