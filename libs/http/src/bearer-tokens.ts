import { hash } from 'node:crypto';
import type { Caller } from '@integument/authz';
import { CodedError } from '@integument/contracts';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { unauthenticated } from './admission.js';
import type { CallerResolver } from './callers.js';
import { discoverJwksUrl } from './discovery.js';
import { isDpop } from './dpop/challenge.js';
import { BadProof, type DpopProofs } from './dpop/dpop-proofs.js';
import { UnprovedToken } from './dpop/key-proof.js';
import { RecentTokens, type Verified } from './recent-tokens.js';
import type { HttpRequest } from './request.js';
import type { Soon } from './soon.js';

export interface BearerTokensOptions {
  /** `iss`, exactly */
  readonly issuer: string;
  /** this app's own `aud`; a token that is for both apps is for neither */
  readonly audience: string;
  /** where the keys are; found by the issuer's metadata when absent */
  readonly jwksUrl?: string;
  /** asymmetric ones only: with an HMAC among them the public key would be a password (RFC 8725, section 3.1) */
  readonly algorithms?: readonly string[];
  /**
   * Says who a verified token stands for; null for nobody we know. Runs for every request, the signature check does not,
   * so that a suspended client is out at once: answer from memory, and set `request.lease` where that was true only a moment ago.
   */
  readonly callerOf: (claims: JWTPayload, request: HttpRequest) => Soon<Caller | null>;
  /**
   * Who holds a genuine token that is for another audience. Give a caller that no route here lets in: it is refused all
   * the same, but by name, and so on record. Without this, or where it gives null, such a token is as good as none.
   */
  readonly strangerOf?: (claims: JWTPayload) => Soon<Caller | null>;
  /** what judges the proofs of tokens that are bound to a key */
  readonly proofs: DpopProofs;
  /** tokens remembered at most; 10,000 when absent */
  readonly cacheSize?: number;
  /** milliseconds since the epoch */
  readonly now?: () => number;
}

const DEFAULT_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
/** How long a verified token is believed without another look at its signature, and so at the provider's keys. */
const BELIEVED_MS = 60_000;
const TOKEN_MAX = 8_192;
const BEARER = /^bearer /i;

/**
 * JWT access tokens (RFC 9068): type `at+jwt`, signature by a key the issuer publishes, issuer, audience, expiry. A check
 * costs some 150 µs, so a token that passed is remembered, by its digest, for a minute at most and never past its expiry.
 * One that is bound to a key (RFC 9449) is good only with a proof by that key, a new one for each request, remembered or not.
 */
export class BearerTokens implements CallerResolver {
  readonly #options: Required<Omit<BearerTokensOptions, 'jwksUrl' | 'strangerOf'>> &
    Pick<BearerTokensOptions, 'jwksUrl' | 'strangerOf'>;
  readonly #verified: LRUCache<string, Verified>;
  readonly #recent = new RecentTokens();
  #keys: Promise<JWTVerifyGetKey> | null = null;

  constructor(options: BearerTokensOptions) {
    this.#options = { algorithms: DEFAULT_ALGORITHMS, cacheSize: 10_000, now: Date.now, ...options };
    if (this.#options.algorithms.some((name) => name === 'none' || name.startsWith('HS'))) {
      throw new Error('only asymmetric signature algorithms may be allowed');
    }
    this.#verified = new LRUCache({ max: this.#options.cacheSize });
  }

  resolve(request: HttpRequest): Soon<Caller | null> {
    const header = request.headers.authorization;
    if (header === undefined) return null;
    if (!(BEARER.test(header) || isDpop(header)) || header.length > TOKEN_MAX) throw unauthenticated(request);
    const token = header.slice(header.indexOf(' ') + 1);
    const now = this.#options.now();
    const verified = this.#recent.get(token, now) ?? this.remembered(token, now);
    return verified ? this.letIn(verified.claims, token, request) : this.verify(token, request);
  }

  private remembered(token: string, now: number): Verified | undefined {
    const known = this.#verified.get(digestOf(token));
    if (!known || known.until <= now) return undefined;
    this.#recent.set(token, known, now);
    return known;
  }

  private async verify(token: string, request: HttpRequest): Promise<Caller> {
    const { audience, now, strangerOf } = this.#options;
    const claims = await this.genuine(token, request);
    if (strangerOf && claims.aud !== audience) return known(await strangerOf(claims), request);
    const until = Math.min(now() + BELIEVED_MS, (claims.exp ?? 0) * 1_000);
    this.#verified.set(digestOf(token), { claims, until });
    return this.letIn(claims, token, request);
  }

  /** @returns the claims of a token that is ours, or another server's where somebody wants to know of it */
  private async genuine(token: string, request: HttpRequest): Promise<JWTPayload> {
    const { issuer, audience, algorithms, now, strangerOf } = this.#options;
    try {
      const { payload } = await jwtVerify(token, await this.keys(), {
        issuer,
        algorithms: [...algorithms] as never,
        typ: 'at+jwt',
        requiredClaims: ['exp', 'sub', 'client_id'],
        currentDate: new Date(now()),
      });
      // A token that a person got through the client is not the client (RFC 9068, section 5).
      if (payload.sub !== payload.client_id) throw new errors.JWTClaimValidationFailed('sub', payload, 'sub');
      // Exactly ours: a token for several audiences may be in another server's hands too.
      if (payload.aud !== audience && !(strangerOf && typeof payload.aud === 'string')) {
        throw new errors.JWTClaimValidationFailed('aud', payload, 'aud');
      }
      return payload;
    } catch (error) {
      throw this.refusal(error, request);
    }
  }

  private letIn(claims: JWTPayload, token: string, request: HttpRequest): Soon<Caller> {
    const found = this.#options.callerOf(claims, request);
    // Most of all requests: no closure for them.
    if (!(found instanceof Promise)) return this.prove(known(found, request), claims, token, request);
    return found.then((caller) => this.prove(known(caller, request), claims, token, request));
  }

  private prove(caller: Caller, claims: JWTPayload, token: string, request: HttpRequest): Soon<Caller> {
    const withProof = isDpop(request.headers.authorization);
    if (claims.cnf === undefined && !withProof) return caller;
    // Bound to a key, by whatever means (a client certificate, too), and shown without it: anybody can do that.
    if (!withProof) throw new UnprovedToken(caller, 'invalid_token');
    // Asked once more, after the body has come: of this very request the proof was good, and is spent.
    if (request.proved) return caller;
    return this.proved(caller, claims, token, request);
  }

  private async proved(
    caller: Caller,
    claims: JWTPayload,
    token: string,
    request: HttpRequest,
  ): Promise<Caller> {
    const proofs = request.raw.headersDistinct.dpop ?? [];
    const { method, url: path } = request;
    try {
      await this.#options.proofs.check({ token, confirmation: claims.cnf, proofs, method, path });
    } catch (error) {
      throw error instanceof BadProof ? new UnprovedToken(caller, error.fault, error) : unavailable(error);
    }
    request.proved = true;
    return caller;
  }

  /** A bad token is the caller's fault; keys that can't be fetched are not. */
  private refusal(error: unknown, request: HttpRequest): CodedError {
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
      // What the provider answered in place of keys is no verdict on the token.
      if (error.code !== 'ERR_JOSE_GENERIC' && error.code !== 'ERR_JWKS_INVALID')
        return unauthenticated(request, error);
    }
    return unavailable(error);
  }

  /** Found at the first token, so that the provider need not be up when this app starts. */
  private keys(): Promise<JWTVerifyGetKey> {
    // Only a failed discovery is forgotten: keys that are there stay, or a token with an invented key id could make us drop
    // them while the provider is away.
    this.#keys ??= this.findKeys().catch((error: unknown) => {
      this.#keys = null;
      throw error;
    });
    return this.#keys;
  }

  private async findKeys(): Promise<JWTVerifyGetKey> {
    const url = this.#options.jwksUrl ?? (await discoverJwksUrl(this.#options.issuer));
    // jose asks again for an unknown key id, at most once in the cool-down: that is how a rotation gets in.
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: 3_000,
      cooldownDuration: 10_000,
      cacheMaxAge: 600_000,
    });
  }
}

function known(caller: Caller | null, request: HttpRequest): Caller {
  if (!caller) throw unauthenticated(request);
  return caller;
}

function unavailable(cause: unknown): CodedError {
  return new CodedError('auth.unavailable', 503, 'Tokens cannot be checked right now. Try again soon.', {
    cause,
    headers: { 'retry-after': '2' },
  });
}

/** The digest is what is kept, so that a usable token does not lie about in memory for a minute. */
function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}
