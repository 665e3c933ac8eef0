import { UnitOfWork } from '@integument/database';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { Approvals, InternalApprovalsController } from './features/approvals/index.js';
import { ImportedOpenings, InternalConsentImportsController } from './features/consent-imports/index.js';
import { ErasureService, InternalErasureController } from './features/erasure/index.js';
import { ConsentEndings, InternalGuardianshipsController } from './features/guardianships/index.js';
import { InternalLettersController, LettersService } from './features/letters/index.js';
import { InternalModelKeysController, ModelKeysService } from './features/model-keys/index.js';
import { InternalPermitsController, PermitOpenings, PermitsService } from './features/permits/index.js';
import { InternalRegistryController, RegistryService } from './features/registry/index.js';
import { InternalRulesController, StoredRules } from './features/rules/index.js';
import { InternalSessionsController, SessionEndings } from './features/sessions/index.js';
import { InternalSignInController, SignInService } from './features/sign-in/index.js';

/** What the internal listener can reach. No service that reads identity is among it. */
const LENT = [
  UnitOfWork,
  PermitsService,
  PermitOpenings,
  ModelKeysService,
  RegistryService,
  SignInService,
  SessionEndings,
  ConsentEndings,
  ErasureService,
  Approvals,
  StoredRules,
  LettersService,
  ImportedOpenings,
];

/** The internal listener, for the API's process alone. It borrows the services of the public app. */
@Module({})
export class InternalModule {
  static of(app: INestApplicationContext): DynamicModule {
    return {
      module: InternalModule,
      controllers: [
        InternalPermitsController,
        InternalSignInController,
        InternalSessionsController,
        InternalRegistryController,
        InternalErasureController,
        InternalGuardianshipsController,
        InternalModelKeysController,
        InternalApprovalsController,
        InternalRulesController,
        InternalLettersController,
        InternalConsentImportsController,
      ],
      providers: LENT.map((service) => ({
        provide: service,
        useValue: app.get<unknown>(service, { strict: false }),
      })),
    };
  }
}
