import {
  askToken,
  CodedError,
  describeToken,
  makeToken,
  makeTokens,
  removeTokens,
  revealToken,
  revealTokens,
} from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
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
import { MakingDesk } from './making-desk.js';
import { TokenRevealDesk } from './reveal-desk.js';
import { revealResult } from './reveal-result.js';
import { TokensService } from './tokens.service.js';

@Controller()
export class TokensController {
  constructor(
    private readonly making: MakingDesk,
    private readonly reveals: TokenRevealDesk,
    private readonly tokens: TokensService,
    private readonly rules: RulesInForce,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(makeToken)
  async make(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof makeToken>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, makeToken);
    if (!key) return this.making.makeOne(asker, body, regions);
    return this.effects.run(key, (tx) => this.making.makeOneWithin(tx, asker, body, regions));
  }

  @Implements(makeTokens)
  async makeBatch(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof makeTokens>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, makeTokens);
    const { values, atomic } = body;
    return this.effects.run(key, (tx) => this.making.makeBatch(tx, asker, values, { atomic, regions }));
  }

  @Implements(revealToken)
  reveal(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof revealToken>) {
    const { token, ...wish } = body;
    return this.reveals.revealOne(asker, token, wish);
  }

  @Implements(askToken)
  ask(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof askToken>) {
    const { token, question, ...what } = body;
    return this.reveals.ask(asker, token, question, what);
  }

  @Implements(revealTokens)
  async revealBatch(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof revealTokens>) {
    const { tokens, ...wish } = body;
    const told = await this.reveals.revealBatch(asker, tokens, wish);
    const refused = told.filter((one) => one instanceof CodedError).length;
    return { revealed: told.length - refused, refused, results: told.map(revealResult) };
  }

  @Implements(removeTokens)
  async remove(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof removeTokens>) {
    const regions = await this.rules.reach(asker.caller, removeTokens);
    return this.unitOfWork.run((tx) => this.tokens.remove(tx, asker, body.tokens, regions));
  }

  @Implements(describeToken)
  async describe(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof describeToken>) {
    const regions = await this.rules.reach(asker.caller, describeToken);
    return this.unitOfWork.run((tx) => this.tokens.describe(tx, asker, body.token, regions));
  }
}
