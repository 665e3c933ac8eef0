import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { openIdProviders } from '../../openid-providers.js';
import { ISSUER, VAULT_CONFIG } from '../../platform/tokens.js';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { KeysModule, StaffNames } from '../keys/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { StaffController } from './staff.controller.js';
import { StaffService } from './staff.service.js';
import { StaffStore } from './staff.store.js';

const STAFF_ISSUERS = Symbol('issuers of staff');

@Module({
  imports: [KeysModule, ApprovalsModule, SessionsModule],
  controllers: [StaffController],
  providers: [
    provide(StaffStore),
    {
      provide: STAFF_ISSUERS,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) =>
        new Set(openIdProviders(config).flatMap(({ issuer, staff }) => (staff ? [issuer] : []))),
    },
    provide(
      StaffService,
      StaffStore,
      Approvals,
      SessionsService,
      StaffNames,
      AuditLog,
      ISSUER,
      STAFF_ISSUERS,
    ),
  ],
})
export class StaffModule {}
