import { PERMIT_HEADER, readReadings, storeReadings } from '@integument/contracts';
import { Idempotency, type IdempotentRequest } from '@integument/database';
import {
  Answer,
  AskedBy,
  type Asker,
  type HttpRequest,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import { PermitsService } from '../permits/index.js';
import { IngestService } from './ingest.service.js';

@Controller()
export class IngestController {
  constructor(
    private readonly ingest: IngestService,
    private readonly permits: PermitsService,
    private readonly idempotency: Idempotency,
  ) {}

  @Implements(storeReadings)
  async store(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof storeReadings>,
    @Req() request: HttpRequest,
    @IdempotencyKey() once: IdempotentRequest | undefined,
  ) {
    const pseudonym = this.permits.pseudonymOf(asker.caller, 'ingest', request.headers[PERMIT_HEADER]);
    return Answer.once(
      await this.permits.through(pseudonym, 'ingest', (tx, leave) =>
        this.idempotency.once(tx, once, () => this.ingest.storeBatch(tx, asker, leave, body)),
      ),
    );
  }

  @Implements(readReadings)
  read(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof readReadings>,
    @Req() request: HttpRequest,
  ) {
    const pseudonym = this.permits.pseudonymOf(asker.caller, 'ingest', request.headers[PERMIT_HEADER]);
    return this.permits.through(pseudonym, 'ingest', (tx, leave) =>
      this.ingest.read(tx, asker, leave, query),
    );
  }
}
