import { AuditLog } from '@integument/audit-log';
import { listOptOuts, optOutOf, overdueOptOuts } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { ApiPerson } from '../../platform/callers.js';
import { OptOutClocks } from '../consent/index.js';
import { overdueRead } from './opt-outs.audit.js';
import { OptOuts } from './opt-outs.service.js';

@Controller()
export class OptOutsController {
  constructor(
    private readonly optOuts: OptOuts,
    private readonly clocks: OptOutClocks,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listOptOuts)
  async list(@AskedBy() asker: Asker<ApiPerson>) {
    return { optOuts: await this.optOuts.list(asker) };
  }

  @Implements(optOutOf)
  make(@AskedBy() asker: Asker<ApiPerson>, @Input() { params, body }: InputOf<typeof optOutOf>) {
    return this.optOuts.make(asker, params.kind, body.channel);
  }

  @Implements(overdueOptOuts)
  overdue(@AskedBy() asker: Asker) {
    return this.unitOfWork.run(async (tx) => {
      const overdue = await this.clocks.findOverdue(tx);
      await this.audit.append(tx, overdueRead({ ...by(asker), count: overdue.length }));
      return { overdue };
    });
  }
}
