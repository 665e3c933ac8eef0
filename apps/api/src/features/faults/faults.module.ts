import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { PermitsModule, permitsOf } from '../permits/index.js';
import { FaultsController } from './faults.controller.js';
import { FaultsService } from './faults.service.js';
import { FaultsStore } from './faults.store.js';

@Module({
  imports: [PermitsModule],
  controllers: [FaultsController],
  providers: [
    permitsOf('faults'),
    provide(FaultsStore),
    provide(FaultsService, FaultsStore, AuditLog, UnitOfWork),
  ],
  exports: [FaultsService],
})
export class FaultsModule {}
