import { AuditLog } from '@integument/audit-log';
import { closeSession, openSession } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import {
  Answer,
  AskedBy,
  AskedIn,
  type Asker,
  askerIn,
  by,
  type Circumstances,
  Implements,
  Input,
  type InputOf,
  leasesOver,
  SessionCookieFormat,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import type { ApiPerson, ApiStaff } from '../../platform/callers.js';
import { sessionClosed, sessionOpened } from './sessions.audit.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly cookies: SessionCookieFormat,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(openSession)
  async open(@Input() { body }: InputOf<typeof openSession>, @AskedIn() circumstances: Circumstances) {
    const content = await this.sessions.redeem(body.code);
    const secret = await this.unitOfWork.run(async (tx) => {
      const { secret, caller } = await this.sessions.create(tx, content);
      await this.audit.append(tx, sessionOpened(by(askerIn(circumstances, caller))));
      return secret;
    });
    const { session, kind, roles, expiresAt } = content;
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1_000;
    return Answer.of(
      { session, kind, roles: [...roles], expiresAt },
      { headers: { 'set-cookie': this.cookies.write(secret, seconds) } },
    );
  }

  @Implements(closeSession)
  async close(@AskedBy() asker: Asker<ApiPerson | ApiStaff>) {
    await this.unitOfWork.run(async (tx) => {
      await this.sessions.close(tx, asker.caller);
      await this.audit.append(tx, sessionClosed(by(asker)));
    });
    await leasesOver();
    return Answer.of(undefined, { headers: { 'set-cookie': this.cookies.clear() } });
  }
}
