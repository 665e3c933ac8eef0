import { PERMIT_HEADER, readReadings, storeReadings } from '@integument/contracts';
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
  RulesInForce,
} from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import { ModulePermits } from '../permits/index.js';
import { IngestService } from './ingest.service.js';

@Controller()
export class IngestController {
  constructor(
    private readonly ingest: IngestService,
    private readonly permits: ModulePermits<'ingest'>,
    private readonly effects: Effects,
    private readonly rules: RulesInForce,
  ) {}

  @Implements(storeReadings)
  async store(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof storeReadings>,
    @Req() request: HttpRequest,
    @IdempotencyKey() once: IdempotentRequest | undefined,
  ) {
    await this.rules.reach(asker.caller, storeReadings, { category: [body.stream] });
    const pseudonym = this.permits.pseudonymOf(asker.caller, 'ingest', request.headers[PERMIT_HEADER]);
    return this.permits.through(pseudonym, 'ingest', (tx, leave) =>
      this.effects.within(tx, once, () => this.ingest.storeBatch(tx, asker, leave, body)),
    );
  }

  @Implements(readReadings)
  async read(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof readReadings>,
    @Req() request: HttpRequest,
  ) {
    await this.rules.reach(asker.caller, readReadings, { category: [query.stream] });
    const pseudonym = this.permits.pseudonymOf(asker.caller, 'ingest', request.headers[PERMIT_HEADER]);
    return this.permits.through(pseudonym, 'ingest', (tx, leave) =>
      this.ingest.read(tx, asker, leave, query),
    );
  }
}
