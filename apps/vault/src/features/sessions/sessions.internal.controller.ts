import { confirmSessionEndings, pendingSessionEndings } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { SessionEndings } from './session-endings.js';

@Controller()
export class InternalSessionsController {
  constructor(
    private readonly endings: SessionEndings,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(pendingSessionEndings)
  pending(@AskedBy() asker: Asker) {
    return this.unitOfWork.run((tx) => this.endings.pending(tx, asker));
  }

  @Implements(confirmSessionEndings)
  confirm(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof confirmSessionEndings>) {
    return this.unitOfWork.run((tx) => this.endings.confirm(tx, asker, body.sessions));
  }
}
