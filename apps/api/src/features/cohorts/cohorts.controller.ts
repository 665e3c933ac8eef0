import {
  cohortHistogram,
  countCohort,
  PERMIT_HEADER,
  readCohortFacts,
  storeCohortFacts,
} from '@integument/contracts';
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
import { CohortsService } from './cohorts.service.js';
import { FactsService } from './facts.service.js';

@Controller()
export class CohortsController {
  constructor(
    private readonly facts: FactsService,
    private readonly cohorts: CohortsService,
    private readonly permits: ModulePermits<'analytics'>,
    private readonly effects: Effects,
  ) {}

  @Implements(storeCohortFacts)
  store(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof storeCohortFacts>,
    @Req() request: HttpRequest,
    @IdempotencyKey() once: IdempotentRequest | undefined,
  ) {
    return this.permits.through(this.pseudonym(asker, request), 'analytics', (tx, leave) =>
      this.effects.within(tx, once, () => this.facts.put(tx, asker, leave, body)),
    );
  }

  @Implements(readCohortFacts)
  read(@AskedBy() asker: Asker, @Req() request: HttpRequest) {
    return this.permits.through(this.pseudonym(asker, request), 'analytics', (tx, leave) =>
      this.facts.read(tx, asker, leave),
    );
  }

  @Implements(countCohort)
  count(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof countCohort>) {
    return this.cohorts.count(asker, body);
  }

  @Implements(cohortHistogram)
  histogram(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof cohortHistogram>) {
    return this.cohorts.histogram(asker, body);
  }

  private pseudonym({ caller }: Asker, request: HttpRequest): Buffer {
    return this.permits.pseudonymOf(caller, 'analytics', request.headers[PERMIT_HEADER]);
  }
}
