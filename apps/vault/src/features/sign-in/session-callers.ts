import type { Caller } from '@integument/authz';
import type { UnitOfWork } from '@integument/database';
import {
  type CallerResolver,
  type HttpRequest,
  type SessionCookieFormat,
  unauthenticated,
} from '@integument/http';
import type { SignInService } from './sign-in.service.js';

/** People and staff, by the cookie of their session. */
export class SessionCallers implements CallerResolver {
  constructor(
    private readonly cookies: SessionCookieFormat,
    private readonly signIn: SignInService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  resolve(request: HttpRequest): Caller | null | Promise<Caller | null> {
    const secret = this.cookies.read(request);
    return secret === undefined ? null : this.find(secret, request);
  }

  private async find(secret: string, request: HttpRequest): Promise<Caller> {
    const caller = await this.unitOfWork.single((tx) => this.signIn.find(tx, secret));
    if (!caller) throw unauthenticated(request);
    return caller;
  }
}
