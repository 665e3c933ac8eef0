import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { PeopleEnroller, PeopleModule } from '../people/index.js';
import { PermitsModule, PermitsService } from '../permits/index.js';
import { RegistryModule, RegistryStore } from '../registry/index.js';
import { SessionsModule, SessionsService, SessionsStore } from '../sessions/index.js';
import { RelyingParty } from './relying-party.js';
import { SignInController } from './sign-in.controller.js';
import { SignInService } from './sign-in.service.js';
import { SignInStore } from './sign-in.store.js';

@Module({
  imports: [KeysModule, PeopleModule, PermitsModule, RegistryModule, SessionsModule],
  controllers: [SignInController],
  providers: [
    provide(SignInStore),
    {
      provide: RelyingParty,
      inject: [VAULT_CONFIG, DomainKeys],
      useFactory: (config: VaultConfig, keys: DomainKeys) =>
        new RelyingParty(
          {
            issuer: config.OIDC_ISSUER,
            clientId: config.OIDC_CLIENT_ID,
            clientSecret: config.OIDC_CLIENT_SECRET_FILE,
            redirectUri: new URL('/v1/sign-in/callback', config.VAULT_PUBLIC_URL).href,
          },
          keys.secret('session'),
        ),
    },
    provide(
      SignInService,
      SignInStore,
      SessionsService,
      SessionsStore,
      RegistryStore,
      PeopleEnroller,
      PermitsService,
      AuditLog,
    ),
  ],
  exports: [SignInService, SignInStore],
})
export class SignInModule {}
