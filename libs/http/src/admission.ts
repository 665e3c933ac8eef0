import { type Abilities, audienceOf, type Caller, type RuleBook } from '@integument/authz';
import { CodedError, type RouteContract, routeClassOf } from '@integument/contracts';
import type { CallerResolver } from './callers.js';
import { challengeAfter } from './dpop/challenge.js';
import { checkProof, lacksProof, UnprovedToken } from './dpop/key-proof.js';
import type { Allowance } from './limits/limit-settings.js';
import type { Limits } from './limits/limits.js';
import type { RateLimited } from './limits/rate-limited.js';
import { checkOrigin } from './origin.js';
import { contractOf, type HttpReply, type HttpRequest, PLATFORM_ROUTE } from './request.js';
import type { RulesInForce } from './rules/rules-in-force.js';
import { checkFactor, checkStepUp } from './second-factor.js';
import { andThen, type Soon } from './soon.js';

export interface AdmissionOptions {
  readonly callers: CallerResolver;
  readonly abilities: Abilities;
  readonly allowedOrigins: ReadonlySet<string>;
  /** null: nobody is limited */
  readonly limits: Limits | null;
  /** null: nothing stored narrows what the abilities allow */
  readonly rules: RulesInForce | null;
}

type Done = (error?: Error) => void;

/**
 * Decides whether a request may go on, once its route is known and before its body is read: nobody unknown makes us
 * buffer and parse a body. Bound to the matched route, never to a path, so an encoded or doubled path can't slip by
 * (CVE-2025-69211, CVE-2026-2293). The guard then asks for this decision again at the method itself.
 *
 * Requests are taken from an allowance once it is known whose. A credential is looked at first, however many bad ones its
 * address has sent: otherwise strangers could lock out who shares it.
 */
export class Admission {
  constructor(private readonly options: AdmissionOptions) {}

  /** A Fastify `onRequest` hook. */
  readonly hook = (request: HttpRequest, reply: HttpReply, done: Done): void => {
    let refused: unknown;
    try {
      const later = this.decide(request, reply);
      if (later instanceof Promise) {
        later.then(() => done(), done);
        return;
      }
    } catch (error) {
      refused = error;
    }
    // Outside the try: what the request runs into further on is not ours to catch.
    done(refused as Error | undefined);
  };

  /** Looks once more at who asks and decides again. Rejects to refuse; takes nothing from an allowance. */
  async again(contract: RouteContract, request: HttpRequest): Promise<void> {
    request.admitted = null;
    await this.judge(contract, await this.options.callers.resolve(request), request);
  }

  /** Whether rules let the request in that are no longer known to be in force. */
  isOutruled({ ruledBy }: HttpRequest): boolean {
    return ruledBy !== null && this.options.rules?.current() !== ruledBy;
  }

  /** @returns a promise only where somebody has to be looked up or waited for; throws or rejects to refuse */
  private decide(request: HttpRequest, reply: HttpReply): Soon<void> {
    const contract = contractOf(request);
    if (!contract) return this.withoutContract(request, reply);
    if (isPublicOnly(contract)) return this.openly(contract, request, reply);
    let caller: Soon<Caller | null>;
    try {
      caller = this.options.callers.resolve(request);
    } catch (error) {
      return this.badCredential(error, request, reply);
    }
    if (!(caller instanceof Promise)) {
      return this.admit(contract, caller, request, reply);
    }
    return caller.then(
      (found) => this.admit(contract, found, request, reply),
      (error: unknown) => this.badCredential(error, request, reply),
    );
  }

  private withoutContract(request: HttpRequest, reply: HttpReply): Soon<void> {
    if (request.routeOptions.config[PLATFORM_ROUTE]) return undefined;
    // The not-found handler refuses by itself. Whatever else has no contract does not exist.
    if (request.is404) return this.chargeAddress('refused', request, reply);
    throw unknownRoute();
  }

  /**
   * A purely public route does not care who asks: no look-up, and a bad credential is not its business. Only when the
   * address has nothing left is one looked at, so that its owner isn't locked out by the neighbours.
   */
  private openly(contract: RouteContract, request: HttpRequest, reply: HttpReply): Soon<void> {
    const { limits, allowedOrigins } = this.options;
    const goOn = () => {
      checkOrigin(request, null, allowedOrigins);
      return this.judge(contract, null, request);
    };
    if (!limits) return goOn();
    const allowance = allowanceOf(contract);
    return andThen(limits.stranger(request, allowance, reply), (spent) => {
      if (!spent) return goOn();
      return this.provedCaller(request)
        .then((caller) => (caller ? limits.caller(caller, allowance, reply) : spent))
        .then(refuse)
        .then(() => {
          // It was looked at only to count: the route lets in anybody, so its end is no reason to refuse.
          request.lease = null;
          return goOn();
        });
    });
  }

  private async provedCaller(request: HttpRequest): Promise<Caller | null> {
    try {
      const caller = await this.options.callers.resolve(request);
      return lacksProof(caller, request) ? null : caller;
    } catch {
      return null;
    }
  }

  private badCredential(error: unknown, request: HttpRequest, reply: HttpReply): Soon<never> {
    // Whose the token is goes on record; that it was lent, copied or stolen is for the reader of the log to find out.
    if (error instanceof UnprovedToken) request.caller = error.caller;
    // That keys or a database are away is no fault of the sender's.
    const charged =
      error instanceof CodedError && error.status === 401
        ? this.chargeAddress('refused', request, reply)
        : undefined;
    return andThen(charged, () => {
      throw error;
    });
  }

  private admit(
    contract: RouteContract,
    caller: Caller | null,
    request: HttpRequest,
    reply: HttpReply,
  ): Soon<void> {
    const { allowedOrigins } = this.options;
    // Before the allowance: who has a client's secret and not its key must not spend what the client has.
    if (caller && lacksProof(caller, request)) {
      return this.badCredential(new UnprovedToken(caller, 'invalid_token'), request, reply);
    }
    // Known from here on, so that each refusal below is written to the audit log.
    request.caller = caller;
    // Before the allowance: pages elsewhere that send a visitor's cookie along must not spend what the visitor has.
    checkOrigin(request, caller, allowedOrigins);
    const charged = this.charge(contract, caller, request, reply);
    if (!(charged instanceof Promise)) return this.judge(contract, caller, request);
    return charged.then(() => this.judge(contract, caller, request));
  }

  private charge(
    contract: RouteContract,
    caller: Caller | null,
    request: HttpRequest,
    reply: HttpReply,
  ): Soon<void> {
    const { limits } = this.options;
    if (!limits) return undefined;
    const allowance = allowanceOf(contract);
    if (caller) return andThen(limits.caller(caller, allowance, reply), refuse);
    return this.chargeAddress(contract.audience.includes('public') ? allowance : 'refused', request, reply);
  }

  private chargeAddress(allowance: Allowance, request: HttpRequest, reply: HttpReply): Soon<void> {
    const { limits } = this.options;
    return limits ? andThen(limits.stranger(request, allowance, reply), refuse) : undefined;
  }

  private judge(contract: RouteContract, caller: Caller | null, request: HttpRequest): Soon<void> {
    // Before anything else is looked at: with one factor even what a role may do stays unknown.
    checkFactor(contract, caller);
    request.caller = this.inAudience(contract, caller, request);
    const { ability } = contract;
    if (
      ability &&
      (!request.caller || !this.options.abilities.may(request.caller, ability.action, ability.resource))
    ) {
      throw forbidden();
    }
    const rules = this.options.rules?.bookFor(contract, request.caller) ?? null;
    if (!(rules instanceof Promise)) return this.narrow(contract, request, rules);
    return rules.then((book) => this.narrow(contract, request, book));
  }

  /** The stored rules come last of what the caller is asked for: they only ever take away. */
  private narrow(contract: RouteContract, request: HttpRequest, book: RuleBook | null): void {
    const { caller } = request;
    const { rules } = this.options;
    request.ruledBy = book;
    if (book && rules && caller && contract.ability && !book.admits(caller, contract.ability, rules.now)) {
      throw forbidden();
    }
    checkProof(contract, caller, request);
    checkStepUp(contract, caller, Date.now);
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

function allowanceOf(contract: RouteContract): Allowance {
  const known = routeClassOf(contract);
  // Nobody limits what is between our own processes: there is no caller of another kind on such a route.
  return known === 'internal' ? 'write' : known;
}

function refuse(refused: RateLimited | undefined): void {
  if (refused) throw refused;
}

function isPublicOnly({ audience }: RouteContract): boolean {
  return audience.length === 1 && audience[0] === 'public';
}

function unknownRoute(): CodedError {
  return new CodedError('request.unknown_route', 404, 'There is nothing at this address.');
}

export function forbidden(): CodedError {
  return new CodedError('auth.forbidden', 403, 'You may not do this.');
}

/** RFC 9110, section 11.6.1: a 401 says how to authenticate. */
export function unauthenticated(request: HttpRequest, cause?: unknown): CodedError {
  return new CodedError('auth.required', 401, 'Sign in, or send a valid access token.', {
    cause,
    headers: { 'www-authenticate': challengeAfter(request.headers.authorization) },
  });
}
