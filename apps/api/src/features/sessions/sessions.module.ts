import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide, SessionCallers, SessionCookieFormat } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { VaultClient } from '../../platform/vault-client.js';
import { SessionBeginnings } from './session-beginnings.js';
import { SessionEndings } from './session-endings.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SessionsStore } from './sessions.store.js';

@Module({
  controllers: [SessionsController],
  providers: [
    provide(SessionsStore),
    provide(SessionBeginnings),
    {
      provide: SessionCookieFormat,
      inject: [API_CONFIG],
      useFactory: (config: ApiConfig) => new SessionCookieFormat('integument-api', config.API_PUBLIC_URL),
    },
    provide(SessionsService, SessionsStore, VaultClient),
    provide(SessionEndings, SessionsStore, VaultClient, AuditLog, UnitOfWork),
    provide(SessionCallers, SessionCookieFormat, SessionsService, UnitOfWork),
  ],
  exports: [SessionBeginnings, SessionEndings, SessionsStore, SessionsService, SessionCallers],
})
export class SessionsModule {}
