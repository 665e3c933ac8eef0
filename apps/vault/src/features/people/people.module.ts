import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide, RulesInForce, StrictAllowances } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { Module } from '@nestjs/common';
import { ISSUER } from '../../platform/tokens.js';
import { CatalogueModule, SEARCH_PLAN } from '../catalogue/index.js';
import { DomainKeys, KeysModule, LiveIndex } from '../keys/index.js';
import { RevealDecisions, RevealsModule } from '../reveals/index.js';
import { RulesModule } from '../rules/index.js';
import { Addressees } from './addressees.js';
import { EnrolmentDesk } from './enrolment-desk.js';
import { IndexKeeper } from './index-keeper.js';
import { PeopleController } from './people.controller.js';
import { PeopleService } from './people.service.js';
import { PeopleStore } from './people.store.js';
import { PeopleEnroller } from './people-enroller.js';
import { PeopleSearch } from './people-search.js';
import { PeopleSearchStore } from './people-search.store.js';
import { PersonIndex } from './person-index.js';
import { PersonIndexStore } from './person-index.store.js';
import { PersonValues } from './person-values.js';
import { RevealDesk } from './reveal-desk.js';
import { PersonSealer } from './sealed-person.js';
import { SearchDesk } from './search-desk.js';

@Module({
  imports: [KeysModule, RevealsModule, RulesModule, CatalogueModule],
  controllers: [PeopleController],
  providers: [
    provide(PeopleStore),
    provide(PersonSealer, DomainKeys, LiveIndex),
    provide(PersonValues, PeopleStore, PersonSealer),
    provide(Addressees, PeopleStore, PersonSealer),
    provide(PersonIndexStore),
    provide(PersonIndex, SEARCH_PLAN, LiveIndex),
    {
      // Nobody is enrolled before it is known what is written about them.
      provide: IndexKeeper,
      inject: [PersonIndex, PersonIndexStore, PersonSealer, UnitOfWork, Logger],
      useFactory: async (
        index: PersonIndex,
        store: PersonIndexStore,
        sealer: PersonSealer,
        unitOfWork: UnitOfWork,
        logger: Logger,
      ) => {
        const keeper = new IndexKeeper({ index, store, sealer, unitOfWork, logger });
        await keeper.begin();
        return keeper;
      },
    },
    provide(PeopleEnroller, PeopleStore, PersonSealer, PersonIndex, AuditLog),
    provide(PeopleService, PeopleStore, PersonSealer, PersonIndex, PersonIndexStore, AuditLog, ISSUER),
    provide(PeopleSearchStore),
    provide(
      PeopleSearch,
      PeopleSearchStore,
      PersonIndexStore,
      PersonIndex,
      PersonSealer,
      PeopleService,
      AuditLog,
      Logger,
    ),
    provide(SearchDesk, PeopleSearch, PersonIndex, RulesInForce, StrictAllowances, UnitOfWork),
    provide(EnrolmentDesk, PeopleService, PeopleStore, UnitOfWork),
    provide(RevealDesk, PeopleService, PeopleStore, RevealDecisions, UnitOfWork),
  ],
  exports: [Addressees, PeopleEnroller, PersonValues, PersonSealer, IndexKeeper],
})
export class PeopleModule {}
