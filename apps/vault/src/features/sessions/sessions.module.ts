import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide, SessionCallers, SessionCookieFormat } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DataPlaneSessions } from './data-plane-sessions.js';
import { SessionEndings } from './session-endings.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SessionsStore } from './sessions.store.js';

@Module({
  controllers: [SessionsController],
  providers: [
    provide(SessionsStore),
    provide(SessionsService, SessionsStore, AuditLog),
    provide(SessionEndings, SessionsStore, AuditLog),
    {
      provide: DataPlaneSessions,
      inject: [SessionsStore, UnitOfWork],
      useFactory: (store: SessionsStore, unitOfWork: UnitOfWork) => new DataPlaneSessions(store, unitOfWork),
    },
    {
      provide: SessionCookieFormat,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) =>
        new SessionCookieFormat('integument-vault', config.VAULT_PUBLIC_URL),
    },
    provide(SessionCallers, SessionCookieFormat, SessionsService, UnitOfWork),
  ],
  exports: [
    SessionEndings,
    SessionsStore,
    SessionsService,
    DataPlaneSessions,
    SessionCookieFormat,
    SessionCallers,
  ],
})
export class SessionsModule {}
