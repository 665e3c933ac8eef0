import { endOtherSessions, endSession, listSessions } from '@integument/contracts';
import { type Tx, UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import { DataPlaneSessions } from './data-plane-sessions.js';
import { SessionsService } from './sessions.service.js';

type InSession = Asker<VaultPerson | VaultStaff>;

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly dataPlane: DataPlaneSessions,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listSessions)
  list(@AskedBy() asker: InSession) {
    return this.unitOfWork.run((tx) => this.sessions.list(tx, asker));
  }

  @Implements(endSession)
  endOne(@AskedBy() asker: InSession, @Input() { params }: InputOf<typeof endSession>) {
    return this.end((tx) => this.sessions.endOne(tx, asker, params.session));
  }

  @Implements(endOtherSessions)
  endOthers(@AskedBy() asker: InSession) {
    return this.end((tx) => this.sessions.endOthers(tx, asker));
  }

  private async end(work: (tx: Tx) => Promise<Buffer>) {
    return this.dataPlane.answer(await this.unitOfWork.run(work));
  }
}
