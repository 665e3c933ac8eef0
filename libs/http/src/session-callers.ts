import type { Caller } from '@integument/authz';
import type { Tx, UnitOfWork } from '@integument/database';
import { unauthenticated } from './admission.js';
import type { CallerResolver } from './callers.js';
import type { HttpRequest } from './request.js';
import type { SessionCookieFormat } from './session-cookie.js';

export interface SessionFinder {
  /** @returns who the cookie's secret lets in; null for a malformed, unknown or ended one */
  find(tx: Tx, secret: string): Promise<Caller | null>;
}

/** People and staff, by the cookie of their session. */
export class SessionCallers implements CallerResolver {
  constructor(
    private readonly cookies: SessionCookieFormat,
    private readonly sessions: SessionFinder,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  resolve(request: HttpRequest): Caller | null | Promise<Caller | null> {
    const secret = this.cookies.read(request);
    return secret === undefined ? null : this.find(secret, request);
  }

  private async find(secret: string, request: HttpRequest): Promise<Caller> {
    const caller = await this.unitOfWork.single((tx) => this.sessions.find(tx, secret));
    if (!caller) throw unauthenticated(request);
    return caller;
  }
}
