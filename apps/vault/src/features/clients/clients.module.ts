import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { ClientsStore, RegistryModule } from '../registry/index.js';
import { ClientsController } from './clients.controller.js';
import { ClientsService } from './clients.service.js';

@Module({
  imports: [ApprovalsModule, RegistryModule],
  controllers: [ClientsController],
  providers: [provide(ClientsService, ClientsStore, Approvals, AuditLog)],
})
export class ClientsModule {}
