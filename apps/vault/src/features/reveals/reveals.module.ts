import { Abilities } from '@integument/authz';
import { postgresCounts, provide, RulesInForce, StrictAllowances } from '@integument/http';
import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DomainKeys, KeysModule, SessionDigests, SessionSecret } from '../keys/index.js';
import { RulesModule } from '../rules/index.js';
import { RevealDecisions } from './reveal-decisions.js';

@Module({
  imports: [KeysModule, RulesModule],
  providers: [
    {
      provide: StrictAllowances,
      inject: [DataSource, DomainKeys],
      useFactory: (dataSource: DataSource, keys: DomainKeys) =>
        new StrictAllowances({
          shared: postgresCounts(dataSource),
          key: new SessionDigests(new SessionSecret(keys, 'integument/reveal-allowances/v1')),
        }),
    },
    provide(RevealDecisions, Abilities, RulesInForce, StrictAllowances),
  ],
  exports: [RevealDecisions, StrictAllowances],
})
export class RevealsModule {}
