import { AuditLog } from '@integument/audit-log';
import { BlindIndex } from '@integument/crypto';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ISSUER } from '../../platform/tokens.js';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { KeysModule } from '../keys/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { StaffController } from './staff.controller.js';
import { StaffService } from './staff.service.js';
import { StaffStore } from './staff.store.js';

@Module({
  imports: [KeysModule, ApprovalsModule, SessionsModule],
  controllers: [StaffController],
  providers: [
    provide(StaffStore),
    provide(StaffService, StaffStore, Approvals, SessionsService, BlindIndex, AuditLog, ISSUER),
  ],
})
export class StaffModule {}
