import { PERMIT_HEADER, readReadings, storeReadings } from '@integument/contracts';
import { AskedBy, type Asker, type HttpRequest, Implements, Input, type InputOf } from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import { PermitsService } from '../permits/index.js';
import { IngestService } from './ingest.service.js';

@Controller()
export class IngestController {
  constructor(
    private readonly ingest: IngestService,
    private readonly permits: PermitsService,
  ) {}

  @Implements(storeReadings)
  store(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof storeReadings>,
    @Req() request: HttpRequest,
  ) {
    const pseudonym = this.permits.pseudonymOf(asker.caller, 'ingest', request.headers[PERMIT_HEADER]);
    return this.permits.through(pseudonym, 'ingest', (tx, leave) =>
      this.ingest.storeBatch(tx, asker, leave, body),
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
