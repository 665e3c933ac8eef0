import type { Caller } from '@integument/authz';
import { CodedError, PROBLEM_TYPE, type RouteContract } from '@integument/contracts';
import type { Logger } from '@integument/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { askerIn } from './asker.js';
import type { CallerResolver } from './callers.js';
import { RateLimited } from './limits/rate-limited.js';
import { AUDIT_UNAVAILABLE, problemOf, type Refused, refusedBy, UNEXPECTED } from './problems.js';
import { circumstancesOf } from './provenance.js';
import type { RefusalLog } from './refusals.js';
import { contractOf, type HttpReply, type HttpRequest } from './request.js';

export interface ProblemFilterOptions {
  readonly logger: Logger;
  readonly callers: CallerResolver;
  readonly refusals: RefusalLog;
}

/**
 * The only way out for a failure: every error of every layer becomes problem+json here (RFC 9457), and a refusal to a known
 * caller is in the audit log before its answer leaves. No audit, no answer.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly options: ProblemFilterOptions) {}

  catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    return this.answer(error, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>());
  }

  /** Never rejects. */
  async answer(error: unknown, request: HttpRequest, reply: HttpReply): Promise<void> {
    try {
      const refused = await this.audited(error, request);
      if (refused.status >= 500) this.report(refused, error, request);
      this.send(refused, request, reply);
    } catch (failure) {
      this.report(UNEXPECTED, failure, request);
      reply.raw.destroy();
    }
  }

  /** @returns the refusal once it is written (a stranger's: counted), or that the audit log is away */
  private async audited(error: unknown, request: HttpRequest): Promise<Refused> {
    const refused = refusedBy(error);
    const route = contractOf(request) ?? null;
    if (refused.status >= 500 || (error instanceof CodedError && error.recorded)) return refused;
    const caller = request.caller ?? this.peek(request, route);
    const { status, code } = refused;
    if (!caller || route?.unaudited) {
      this.options.refusals.refusedStranger(route, code);
      return refused;
    }
    // Whoever is over the limit goes on asking: one entry for each caller, class and window, or the log would be flooded.
    const limited = error instanceof RateLimited ? error : null;
    if (limited && !limited.first) return refused;
    try {
      await this.options.refusals.refused({
        ...askerIn(circumstancesOf(request), caller),
        route,
        code,
        status,
      });
      return refused;
    } catch (failure) {
      limited?.unsay();
      this.report(AUDIT_UNAVAILABLE, failure, request);
      return AUDIT_UNAVAILABLE;
    }
  }

  /** Nobody is looked up for an unknown route, as that would cost a stranger's request I/O; a certificate costs none. */
  private peek(request: HttpRequest, route: RouteContract | null): Caller | null {
    return route ? null : (this.options.callers.peek?.(request) ?? null);
  }

  private report(refused: Refused, error: unknown, request: HttpRequest): void {
    const route = contractOf(request)?.id;
    const fields = {
      requestId: request.id,
      status: refused.status,
      code: refused.code,
      error,
      ...(route && { route }),
    };
    // Foreseen (the vault is away, say) or a defect of ours.
    if (error instanceof CodedError) this.options.logger.warn('request failed', fields);
    else this.options.logger.error('request failed', fields);
  }

  private send(refused: Refused, request: HttpRequest, reply: HttpReply): void {
    if (reply.sent || reply.raw.headersSent) {
      // Part of a reply is out already: cutting the connection is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    if (refused.headers) reply.headers(refused.headers);
    void reply
      .code(refused.status)
      .header('content-type', PROBLEM_TYPE)
      .send(JSON.stringify(problemOf(refused, request.id)));
  }
}
