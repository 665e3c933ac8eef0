import { listRecommendations, PERMIT_HEADER, recordEvents } from '@integument/contracts';
import { type IdempotentRequest } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  type HttpRequest,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import { ModulePermits } from '../permits/index.js';
import { RecommendationsService } from './recommendations.service.js';

@Controller()
export class RecommendationsController {
  constructor(
    private readonly recommendations: RecommendationsService,
    private readonly permits: ModulePermits<'recommendations'>,
    private readonly effects: Effects,
  ) {}

  @Implements(recordEvents)
  record(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof recordEvents>,
    @Req() request: HttpRequest,
    @IdempotencyKey() once: IdempotentRequest | undefined,
  ) {
    return this.permits.through(this.pseudonym(asker, request), 'recommendation', (tx, leave) =>
      this.effects.within(tx, once, () => this.recommendations.record(tx, asker, leave, body)),
    );
  }

  @Implements(listRecommendations)
  async list(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof listRecommendations>,
    @Req() request: HttpRequest,
  ) {
    const pseudonym = this.pseudonym(asker, request);
    const recommender = await this.recommendations.current();
    return this.permits.through(pseudonym, 'recommendation', (tx, leave) =>
      this.recommendations.list(tx, asker, leave, recommender, query),
    );
  }

  private pseudonym({ caller }: Asker, request: HttpRequest): Buffer {
    return this.permits.pseudonymOf(caller, 'recommendation', request.headers[PERMIT_HEADER]);
  }
}
