import { AUDIT_CONTROLLERS } from '@integument/audit-http';
import { AbilitiesController, ServiceController } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';
import type { VaultConfig } from './config.js';
import { ApprovalsModule } from './features/approvals/index.js';
import { ClientsModule } from './features/clients/index.js';
import { ConsentImportsModule } from './features/consent-imports/index.js';
import { ErasureModule } from './features/erasure/index.js';
import { EvidenceModule } from './features/evidence/index.js';
import { FactorsModule } from './features/factors/index.js';
import { GuardianshipsModule } from './features/guardianships/index.js';
import { LettersModule } from './features/letters/index.js';
import { ModelKeysModule } from './features/model-keys/index.js';
import { PeopleModule } from './features/people/index.js';
import { PermitsModule } from './features/permits/index.js';
import { RegistryModule } from './features/registry/index.js';
import { RotationModule } from './features/rotation/index.js';
import { RulesModule } from './features/rules/index.js';
import { SessionsModule } from './features/sessions/index.js';
import { SignInModule } from './features/sign-in/index.js';
import { StaffModule } from './features/staff/index.js';
import { TokensModule } from './features/tokens/index.js';
import { WebhooksModule } from './features/webhooks/index.js';
import { PlatformModule } from './platform/platform.module.js';

/** The public listener: people, staff and identity clients, each authenticated here. */
@Module({})
export class AppModule {
  static with(config: VaultConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config, logger),
        RegistryModule,
        PeopleModule,
        PermitsModule,
        ConsentImportsModule,
        GuardianshipsModule,
        EvidenceModule,
        SessionsModule,
        SignInModule,
        FactorsModule,
        ApprovalsModule,
        StaffModule,
        ClientsModule,
        RulesModule,
        RotationModule,
        ErasureModule,
        ModelKeysModule,
        TokensModule,
        WebhooksModule,
        LettersModule,
      ],
      controllers: [...AUDIT_CONTROLLERS, ServiceController, AbilitiesController],
    };
  }
}
