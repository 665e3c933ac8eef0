import { listOptOuts, optOutOf, overdueOptOuts } from '@integument/contracts';
import { Answer, AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { ApiPerson } from '../../platform/callers.js';
import { OptOuts } from './opt-outs.service.js';

@Controller()
export class OptOutsController {
  constructor(private readonly optOuts: OptOuts) {}

  @Implements(listOptOuts)
  async list(@AskedBy() asker: Asker<ApiPerson>) {
    return { optOuts: await this.optOuts.list(asker) };
  }

  @Implements(optOutOf)
  async make(@AskedBy() asker: Asker<ApiPerson>, @Input() { params, body }: InputOf<typeof optOutOf>) {
    const { view, confirmed } = await this.optOuts.make(asker, params.kind, body.channel);
    return Answer.of(view, { status: confirmed ? 200 : 202 });
  }

  @Implements(overdueOptOuts)
  async overdue(@AskedBy() asker: Asker) {
    return { overdue: await this.optOuts.overdue(asker) };
  }
}
