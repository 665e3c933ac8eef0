import { AuditLog } from '@integument/audit-log';
import { BlindIndex } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ISSUER } from '../../platform/tokens.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { RevealDecisions, RevealsModule } from '../reveals/index.js';
import { RulesModule } from '../rules/index.js';
import { EnrolmentDesk } from './enrolment-desk.js';
import { PeopleController } from './people.controller.js';
import { PeopleService } from './people.service.js';
import { PeopleStore } from './people.store.js';
import { PeopleEnroller } from './people-enroller.js';
import { PersonValues } from './person-values.js';
import { RevealDesk } from './reveal-desk.js';
import { PersonSealer } from './sealed-person.js';

@Module({
  imports: [KeysModule, RevealsModule, RulesModule],
  controllers: [PeopleController],
  providers: [
    provide(PeopleStore),
    provide(PersonSealer, DomainKeys, BlindIndex),
    provide(PersonValues, PeopleStore, PersonSealer),
    provide(PeopleEnroller, PeopleStore, PersonSealer, AuditLog),
    provide(PeopleService, PeopleStore, PersonSealer, AuditLog, ISSUER),
    provide(EnrolmentDesk, PeopleService, PeopleStore, UnitOfWork),
    provide(RevealDesk, PeopleService, PeopleStore, RevealDecisions, UnitOfWork),
  ],
  exports: [PeopleEnroller, PersonValues],
})
export class PeopleModule {}
