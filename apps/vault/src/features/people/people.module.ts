import { AuditLog } from '@integument/audit-log';
import { Abilities } from '@integument/authz';
import { UnitOfWork } from '@integument/database';
import { postgresCounts, provide, RulesInForce, StrictAllowances } from '@integument/http';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ISSUER } from '../../platform/tokens.js';
import { DomainKeys, KeysModule, LiveIndex, SessionDigests, SessionSecret } from '../keys/index.js';
import { RulesModule } from '../rules/index.js';
import { EnrolmentDesk } from './enrolment-desk.js';
import { PeopleController } from './people.controller.js';
import { PeopleService } from './people.service.js';
import { PeopleStore } from './people.store.js';
import { PeopleEnroller } from './people-enroller.js';
import { RevealDesk } from './reveal-desk.js';
import { PersonSealer } from './sealed-person.js';

@Module({
  imports: [KeysModule, RulesModule],
  controllers: [PeopleController],
  providers: [
    provide(PeopleStore),
    provide(PersonSealer, DomainKeys, LiveIndex),
    provide(PeopleEnroller, PeopleStore, PersonSealer, AuditLog),
    provide(PeopleService, PeopleStore, PersonSealer, AuditLog, ISSUER),
    provide(EnrolmentDesk, PeopleService, PeopleStore, UnitOfWork),
    {
      provide: StrictAllowances,
      inject: [DataSource, DomainKeys],
      useFactory: (dataSource: DataSource, keys: DomainKeys) =>
        new StrictAllowances({
          shared: postgresCounts(dataSource),
          key: new SessionDigests(new SessionSecret(keys, 'integument/reveal-allowances/v1')),
        }),
    },
    provide(RevealDesk, PeopleService, PeopleStore, Abilities, RulesInForce, StrictAllowances, UnitOfWork),
  ],
  exports: [PeopleEnroller, PersonSealer],
})
export class PeopleModule {}
