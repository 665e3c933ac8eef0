import { CLAIM_HEADER, type ErasureId, erasePerson, eraseSelf, readErasure } from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  AskedIn,
  type Asker,
  type Circumstances,
  Effects,
  type HttpRequest,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import type { VaultPerson } from '../../platform/callers.js';
import { DataPlaneSessions } from '../sessions/index.js';
import { ErasureService } from './erasure.service.js';

@Controller()
export class ErasureController {
  constructor(
    private readonly erasures: ErasureService,
    private readonly dataPlane: DataPlaneSessions,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
    private readonly rules: RulesInForce,
  ) {}

  @Implements(erasePerson)
  async erase(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof erasePerson>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, erasePerson, { reason: body.reason });
    return this.afterSessions(
      this.effects.run(key, (tx) => this.erasures.requestFor(tx, asker, params.person, body.reason, regions)),
    );
  }

  @Implements(eraseSelf)
  eraseSelf(@AskedBy() asker: Asker<VaultPerson>, @IdempotencyKey() key: IdempotentRequest | undefined) {
    return this.afterSessions(
      this.effects.run(key, (tx) => this.erasures.request(tx, asker, asker.caller.personId)),
    );
  }

  /** With the answer no session of the person lets anybody in any more, at the data plane as far as that answers. */
  private async afterSessions<T extends { readonly body: { readonly erasure: string } }>(
    effect: Promise<T>,
  ): Promise<T> {
    const answer = await effect;
    const erasure = answer.body.erasure as ErasureId;
    const person = await this.unitOfWork.single((tx) => this.erasures.personOf(tx, erasure));
    await this.dataPlane.ended(...(person ? [person] : []));
    return answer;
  }

  @Implements(readErasure)
  read(
    @AskedIn() circumstances: Circumstances,
    @Input() { params }: InputOf<typeof readErasure>,
    @Req() request: HttpRequest,
  ) {
    return this.unitOfWork.run((tx) =>
      this.erasures.read(tx, circumstances, params.erasure, request.headers[CLAIM_HEADER]),
    );
  }
}
