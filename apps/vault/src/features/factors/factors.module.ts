import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { Approvals, ApprovalsModule } from '../approvals/index.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { SessionsModule, SessionsService } from '../sessions/index.js';
import { FactorEnrolment } from './factor-enrolment.service.js';
import { FactorUse } from './factor-use.service.js';
import { FactorsController } from './factors.controller.js';
import { FactorsService } from './factors.service.js';
import { FactorsStore } from './factors.store.js';
import { Passkeys } from './passkeys.js';
import { SessionRaiser } from './session-raiser.js';

@Module({
  imports: [KeysModule, SessionsModule, ApprovalsModule],
  controllers: [FactorsController],
  providers: [
    provide(FactorsStore),
    {
      provide: Passkeys,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) => new Passkeys(config.WEB_ORIGIN),
    },
    provide(SessionRaiser, SessionsService, AuditLog),
    provide(FactorEnrolment, FactorsStore, DomainKeys, Passkeys, SessionRaiser),
    provide(FactorUse, FactorsStore, DomainKeys, Passkeys, SessionRaiser),
    provide(FactorsService, FactorsStore, SessionsService, Approvals, AuditLog),
  ],
  exports: [FactorsStore],
})
export class FactorsModule {}
