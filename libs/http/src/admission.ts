import { type Abilities, audienceOf, type Caller } from '@integument/authz';
import { CodedError, type RouteContract } from '@integument/contracts';
import type { CallerResolver } from './callers.js';
import { checkOrigin } from './origin.js';
import { contractOf, type HttpReply, type HttpRequest, PLATFORM_ROUTE } from './request.js';

export interface AdmissionOptions {
  readonly callers: CallerResolver;
  readonly abilities: Abilities;
  readonly allowedOrigins: ReadonlySet<string>;
}

type Done = (error?: Error) => void;

/**
 * Decides whether a request may go on, once its route is known and before its body is read: nobody unknown makes us
 * buffer and parse a body. Bound to the matched route, never to a path, so an encoded or doubled path can't slip by
 * (CVE-2025-69211, CVE-2026-2293). The guard then asks for this decision again at the method itself.
 */
export class Admission {
  constructor(private readonly options: AdmissionOptions) {}

  /** A Fastify `onRequest` hook. */
  readonly hook = (request: HttpRequest, _reply: HttpReply, done: Done): void => {
    let refused: unknown;
    try {
      const later = this.decide(request);
      if (later) {
        later.then(() => done(), done);
        return;
      }
    } catch (error) {
      refused = error;
    }
    // Outside the try: what the request runs into further on is not ours to catch.
    done(refused as Error | undefined);
  };

  /** @returns a promise only where the caller has to be looked up; throws or rejects to refuse */
  private decide(request: HttpRequest): Promise<void> | undefined {
    const contract = contractOf(request);
    if (!contract) {
      // The not-found handler refuses by itself. Whatever else has no contract does not exist, unless it is ours.
      if (request.is404 || request.routeOptions.config[PLATFORM_ROUTE]) return undefined;
      throw unknownRoute();
    }
    // A purely public route does not care who asks: no look-up, and a bad credential is not its business.
    const caller = isPublicOnly(contract) ? null : this.options.callers.resolve(request);
    if (caller instanceof Promise) return caller.then((found) => this.admit(contract, found, request));
    this.admit(contract, caller, request);
    return undefined;
  }

  private admit(contract: RouteContract, caller: Caller | null, request: HttpRequest): void {
    // Known from here on, so that each refusal below is written to the audit log.
    request.caller = caller;
    checkOrigin(request, caller, this.options.allowedOrigins);
    request.caller = this.inAudience(contract, caller, request);
    const { ability } = contract;
    if (
      ability &&
      (!request.caller || !this.options.abilities.may(request.caller, ability.action, ability.resource))
    ) {
      throw forbidden();
    }
    request.admitted = contract;
  }

  /** @returns the caller as the route knows them: nobody, where a public route is asked by somebody it does not address */
  private inAudience(
    { audience }: RouteContract,
    caller: Caller | null,
    request: HttpRequest,
  ): Caller | null {
    const kind = caller && audienceOf(caller);
    if (kind && audience.includes(kind)) return caller;
    if (audience.includes('public')) return null;
    throw caller ? forbidden() : unauthenticated(request);
  }
}

function isPublicOnly({ audience }: RouteContract): boolean {
  return audience.length === 1 && audience[0] === 'public';
}

function unknownRoute(): CodedError {
  return new CodedError('request.unknown_route', 404, 'There is nothing at this address.');
}

function forbidden(): CodedError {
  return new CodedError('auth.forbidden', 403, 'You may not do this.');
}

/** RFC 9110, section 11.6.1: a 401 says how to authenticate. */
export function unauthenticated(request: HttpRequest, cause?: unknown): CodedError {
  // RFC 6750, section 3.1: no error code where no token was sent.
  const presented = request.headers.authorization !== undefined;
  return new CodedError('auth.required', 401, 'Sign in, or send a valid access token.', {
    cause,
    headers: { 'www-authenticate': presented ? 'Bearer error="invalid_token"' : 'Bearer' },
  });
}
