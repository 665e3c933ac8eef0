import { makePersonTokens } from '@integument/contracts';
import type { IdempotentRequest } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { PersonTokens } from './person-tokens.js';

@Controller()
export class PersonTokensController {
  constructor(
    private readonly tokens: PersonTokens,
    private readonly rules: RulesInForce,
    private readonly effects: Effects,
  ) {}

  @Implements(makePersonTokens)
  async make(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof makePersonTokens>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, makePersonTokens);
    return this.effects.run(key, (tx) => this.tokens.make(tx, asker, params.person, body, regions));
  }
}
