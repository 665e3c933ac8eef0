import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { ClientsController } from './clients.controller.js';
import { ClientsService } from './clients.service.js';
import { ClientsStore } from './clients.store.js';

@Module({
  imports: [ApprovalsModule],
  controllers: [ClientsController],
  providers: [provide(ClientsStore), provide(ClientsService, ClientsStore, Approvals, AuditLog)],
})
export class ClientsModule {}
