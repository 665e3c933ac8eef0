import { countFaults, listFaults, PERMIT_HEADER, reportFault } from '@integument/contracts';
import { AskedBy, type Asker, type HttpRequest, Implements, Input, type InputOf } from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import { ModulePermits } from '../permits/index.js';
import { FaultsService } from './faults.service.js';

const PURPOSE = 'fault-finding';

@Controller()
export class FaultsController {
  constructor(
    private readonly faults: FaultsService,
    private readonly permits: ModulePermits<'faults'>,
  ) {}

  @Implements(reportFault)
  async report(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof reportFault>,
    @Req() { headers }: HttpRequest,
  ) {
    const pseudonym = this.permits.pseudonymOf(asker.caller, PURPOSE, headers[PERMIT_HEADER]);
    return this.permits.through(pseudonym, PURPOSE, (tx, leave) =>
      this.faults.report(tx, asker, leave, body),
    );
  }

  @Implements(listFaults)
  async list(@AskedBy() asker: Asker) {
    const pseudonym = this.permits.pseudonymOf(asker.caller, PURPOSE, undefined);
    return this.permits.through(pseudonym, PURPOSE, (tx, leave) => this.faults.list(tx, asker, leave));
  }

  @Implements(countFaults)
  counts(@AskedBy() asker: Asker) {
    return this.faults.counts(asker);
  }
}
