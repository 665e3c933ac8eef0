import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { Module } from '@nestjs/common';
import { Catalogue, CatalogueModule } from '../catalogue/index.js';
import { DomainKeys, KeysModule, LiveIndex } from '../keys/index.js';
import { PeopleModule, PersonValues } from '../people/index.js';
import { RevealDecisions, RevealsModule } from '../reveals/index.js';
import { RulesModule } from '../rules/index.js';
import { KnownValues } from './known-values.js';
import { MakingDesk } from './making-desk.js';
import { PersonTokensController } from './person-tokens.controller.js';
import { PersonTokens } from './person-tokens.js';
import { TokenRevealDesk } from './reveal-desk.js';
import { TokenIds } from './token-ids.js';
import { TokenLookup } from './token-lookup.js';
import { TokenMaker } from './token-maker.js';
import { TokenRevealer } from './token-revealer.js';
import { TokenSealer } from './token-sealer.js';
import { TokenStreamsController } from './token-streams.controller.js';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';
import { TokensStore } from './tokens.store.js';

@Module({
  imports: [CatalogueModule, KeysModule, PeopleModule, RevealsModule, RulesModule],
  controllers: [TokensController, TokenStreamsController, PersonTokensController],
  providers: [
    provide(TokensStore),
    {
      provide: TokenIds,
      inject: [UnitOfWork, TokensStore],
      useFactory: (unitOfWork: UnitOfWork, store: TokensStore) =>
        new TokenIds(unitOfWork, (tx) => store.nextSegment(tx)),
    },
    provide(TokenSealer, DomainKeys, LiveIndex),
    provide(TokenLookup, TokensStore, Catalogue),
    provide(KnownValues, PersonValues),
    provide(TokenMaker, TokensStore, TokenIds, TokenSealer, KnownValues, AuditLog),
    provide(MakingDesk, TokenMaker, Catalogue, AuditLog, UnitOfWork, Logger),
    provide(PersonTokens, TokenMaker, Catalogue),
    provide(TokenRevealer, TokensStore, TokenLookup, Catalogue, TokenSealer, AuditLog, Logger),
    provide(TokenRevealDesk, TokenRevealer, TokenLookup, RevealDecisions, AuditLog, UnitOfWork),
    provide(TokensService, TokensStore, TokenLookup, AuditLog),
  ],
  exports: [TokenSealer],
})
export class TokensModule {}
