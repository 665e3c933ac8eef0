import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { LettersModule, LettersService } from '../letters/index.js';
import { PeopleModule, PersonSealer, PersonValues } from '../people/index.js';
import { RulesModule } from '../rules/index.js';
import { SessionsModule } from '../sessions/index.js';
import { ActiveGuardianships } from './active-guardianships.js';
import { ConsentAge } from './consent-age.js';
import { ConsentEndings } from './consent-endings.js';
import { GuardianshipsController } from './guardianships.controller.js';
import { GuardianshipsService } from './guardianships.service.js';
import { GuardianshipsStore } from './guardianships.store.js';
import { WhoAgrees } from './who-agrees.js';

@Module({
  imports: [PeopleModule, LettersModule, SessionsModule, RulesModule],
  controllers: [GuardianshipsController],
  providers: [
    provide(GuardianshipsStore),
    {
      provide: ConsentAge,
      inject: [PersonValues],
      useFactory: (values: PersonValues) => new ConsentAge(values),
    },
    provide(ActiveGuardianships, GuardianshipsStore, ConsentAge),
    provide(WhoAgrees, ActiveGuardianships, ConsentAge),
    provide(
      GuardianshipsService,
      GuardianshipsStore,
      PersonValues,
      PersonSealer,
      ConsentAge,
      LettersService,
      AuditLog,
    ),
    provide(ConsentEndings, GuardianshipsStore, AuditLog),
  ],
  exports: [
    GuardianshipsStore,
    ConsentAge,
    ActiveGuardianships,
    WhoAgrees,
    GuardianshipsService,
    ConsentEndings,
  ],
})
export class GuardianshipsModule {}
