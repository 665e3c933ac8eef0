import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { VaultClient } from '../../platform/vault-client.js';
import { PermitsModule, PermitsStore } from '../permits/index.js';
import { RegisterModule, RegisterStore } from '../register/index.js';
import { ConsentImports } from './consent-imports.service.js';
import { ImportedGatesStore } from './imported-gates.store.js';

@Module({
  imports: [PermitsModule, RegisterModule],
  providers: [
    provide(ImportedGatesStore),
    provide(
      ConsentImports,
      ImportedGatesStore,
      PermitsStore,
      RegisterStore,
      VaultClient,
      AuditLog,
      UnitOfWork,
    ),
  ],
  exports: [ConsentImports],
})
export class ConsentImportsModule {}
