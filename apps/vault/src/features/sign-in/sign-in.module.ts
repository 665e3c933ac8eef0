import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { openIdProviders } from '../../openid-providers.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { ActiveGuardianships, GuardianshipsModule } from '../guardianships/index.js';
import { DomainKeys, KeysModule, LiveIndex, StaffNames } from '../keys/index.js';
import { PeopleEnroller, PeopleModule } from '../people/index.js';
import { PermitsModule, PermitsService, StandingOptOuts } from '../permits/index.js';
import { RegistryModule, RegistryStore } from '../registry/index.js';
import { SessionsModule, SessionsService, SessionsStore } from '../sessions/index.js';
import { GuardianCodesController } from './guardian-codes.controller.js';
import { GuardianCodes } from './guardian-codes.js';
import { Providers } from './providers.js';
import { RelyingParty } from './relying-party.js';
import { SignInController } from './sign-in.controller.js';
import { SignInService } from './sign-in.service.js';
import { SignInStore } from './sign-in.store.js';
import { SignInAttempts } from './sign-in-attempts.js';
import { SignInCodes } from './sign-in-codes.js';
import { SignOutController } from './sign-out.controller.js';
import { SignOutService } from './sign-out.service.js';
import { SpentMarksStore } from './spent-marks.store.js';

@Module({
  imports: [GuardianshipsModule, KeysModule, PeopleModule, PermitsModule, RegistryModule, SessionsModule],
  controllers: [SignInController, SignOutController, GuardianCodesController],
  providers: [
    provide(SignInStore),
    provide(SpentMarksStore),
    {
      provide: Providers,
      inject: [SessionsService, UnitOfWork, VAULT_CONFIG],
      useFactory: async (sessions: SessionsService, unitOfWork: UnitOfWork, config: VaultConfig) => {
        const providers = openIdProviders(config);
        await unitOfWork.run((tx) => sessions.endOfOtherProviders(tx, providers));
        return new Providers(providers, config.OIDC_TIMEOUT_SECONDS * 1_000);
      },
    },
    {
      provide: RelyingParty,
      inject: [Providers, SpentMarksStore, UnitOfWork, DomainKeys, VAULT_CONFIG],
      useFactory: (
        providers: Providers,
        spent: SpentMarksStore,
        unitOfWork: UnitOfWork,
        keys: DomainKeys,
        config: VaultConfig,
      ) => {
        const attempts = new SignInAttempts(keys);
        return new RelyingParty(providers, attempts, spent, unitOfWork, config.VAULT_PUBLIC_URL);
      },
    },
    provide(SignOutService, Providers, SessionsStore, SpentMarksStore, LiveIndex, AuditLog),
    provide(SignInCodes, SignInStore),
    provide(GuardianCodes, SignInCodes, ActiveGuardianships, AuditLog),
    provide(
      SignInService,
      SignInStore,
      SignInCodes,
      SessionsService,
      SessionsStore,
      RegistryStore,
      PeopleEnroller,
      PermitsService,
      StandingOptOuts,
      GuardianCodes,
      LiveIndex,
      StaffNames,
      AuditLog,
    ),
  ],
  exports: [SignInService, SignInStore, SpentMarksStore],
})
export class SignInModule {}
