import { liftHold, listHolds, recordHold } from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { HoldsService } from './holds.service.js';

@Controller()
export class HoldsController {
  constructor(
    private readonly holds: HoldsService,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(recordHold)
  record(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof recordHold>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return this.effects.run(key, (tx) => this.holds.record(tx, asker, body));
  }

  @Implements(listHolds)
  async list(@AskedBy() asker: Asker) {
    return { holds: await this.unitOfWork.run((tx) => this.holds.list(tx, asker)) };
  }

  @Implements(liftHold)
  lift(
    @AskedBy() asker: Asker,
    @Input() { params }: InputOf<typeof liftHold>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return this.effects.run(key, (tx) => this.holds.lift(tx, asker, params.hold));
  }
}
