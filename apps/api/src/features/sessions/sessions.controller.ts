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
  type HttpRequest,
  Implements,
  Input,
  type InputOf,
  SessionCookieFormat,
  sessionLeasesOver,
} from '@integument/http';
import { Controller, Req } from '@nestjs/common';
import type { ApiPerson, ApiStaff } from '../../platform/callers.js';
import { SessionBeginnings } from './session-beginnings.js';
import { sessionClosed, sessionOpened } from './sessions.audit.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly beginnings: SessionBeginnings,
    private readonly cookies: SessionCookieFormat,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(openSession)
  async open(
    @Input() { body }: InputOf<typeof openSession>,
    @Req() request: HttpRequest,
    @AskedIn() circumstances: Circumstances,
  ) {
    const content = await this.sessions.redeem(body.code);
    await this.closeBefore(request, circumstances);
    const { secret, caller } = await this.unitOfWork.run(async (tx) => {
      const created = await this.sessions.create(tx, content);
      await this.audit.append(tx, sessionOpened(by(askerIn(circumstances, created.caller))));
      return created;
    });
    if (caller.kind === 'person') await this.beginnings.tell(askerIn(circumstances, caller), request);
    const { session, kind, roles, expiresAt } = content;
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1_000;
    return Answer.of(
      { session, kind, roles: [...roles], expiresAt },
      { headers: { 'set-cookie': this.cookies.write(secret, seconds) } },
    );
  }

  @Implements(closeSession)
  async close(@AskedBy() asker: Asker<ApiPerson | ApiStaff>) {
    await this.end(asker);
    return Answer.of(undefined, { headers: { 'set-cookie': this.cookies.clear() } });
  }

  /**
   * The session that this browser had ends with the new one: who copied its cookie must not keep it. In a transaction of its own, as
   * the vault may just be ending both.
   */
  private async closeBefore(request: HttpRequest, circumstances: Circumstances): Promise<void> {
    const secret = this.cookies.read(request);
    if (secret === undefined) return;
    const caller = await this.unitOfWork.single((tx) => this.sessions.find(tx, secret));
    if (caller) await this.end(askerIn(circumstances, caller));
  }

  private async end(asker: Asker<ApiPerson | ApiStaff>): Promise<void> {
    await this.unitOfWork.run(async (tx) => {
      await this.sessions.close(tx, asker.caller);
      await this.audit.append(tx, sessionClosed(by(asker)));
    });
    await sessionLeasesOver();
  }
}
