import { context, deriveKey, open, SealBroken, seal } from '@integument/crypto';
import * as oidc from 'openid-client';

export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** the vault's own callback URL */
  readonly redirectUri: string;
}

/** Who the provider says signed in. */
export interface Authentication {
  readonly issuer: string;
  readonly subject: string;
  readonly acr: string;
  readonly authenticatedAt: Date;
}

interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string | null;
  /** the provider must have asked for the password just now */
  readonly fresh: boolean;
  readonly expiresAt: number;
}

/** The provider's answer does not prove a sign-in that was begun here. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}

const ATTEMPT_SECONDS = 600;
const FRESH_SECONDS = 300;
const PLACE = context('integument/sign-in-attempt/v1');

/**
 * OpenID Connect relying party: authorization code with PKCE, state and nonce. What belongs to one attempt travels
 * sealed in a cookie of the same browser, so that a code stolen into another browser is worth nothing there.
 */
export class RelyingParty {
  #configuration: Promise<oidc.Configuration> | undefined;
  readonly #attemptKey: Buffer;

  constructor(
    private readonly settings: ProviderSettings,
    sessionSecret: Buffer,
    private readonly now: () => number = Date.now,
  ) {
    this.#attemptKey = deriveKey(sessionSecret, 'integument/sign-in-attempt/v1');
  }

  /** @returns where to send the browser, and the cookie that belongs to it */
  async begin(returnTo: string | null, fresh = false): Promise<{ url: string; attempt: string }> {
    const configuration = await this.configuration();
    const attempt: Attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      returnTo,
      fresh,
      expiresAt: this.now() + ATTEMPT_SECONDS * 1_000,
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.settings.redirectUri,
      scope: 'openid',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
      ...(fresh && { prompt: 'login', max_age: String(FRESH_SECONDS) }),
    });
    const sealed = seal(this.#attemptKey, Buffer.from(JSON.stringify(attempt)), PLACE);
    return { url: url.href, attempt: sealed.toString('base64url') };
  }

  /** @throws {SignInRefused} */
  async finish(
    callback: URL,
    cookie: string,
  ): Promise<{ authentication: Authentication; returnTo: string | null }> {
    const attempt = this.openAttempt(cookie);
    try {
      const tokens = await oidc.authorizationCodeGrant(await this.configuration(), callback, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
        // Asked for, `auth_time` must come back (OpenID Connect Core, section 2), and is checked against this.
        ...(attempt.fresh && { maxAge: FRESH_SECONDS }),
      });
      return { authentication: toAuthentication(tokens.claims(), this.now()), returnTo: attempt.returnTo };
    } catch (error) {
      // The cause stays inside: the library's errors may hold the provider's whole answer.
      throw new SignInRefused('the provider’s answer was not accepted', { cause: error });
    }
  }

  private openAttempt(cookie: string): Attempt {
    try {
      const attempt = JSON.parse(
        open(this.#attemptKey, Buffer.from(cookie, 'base64url'), PLACE).toString('utf8'),
      ) as Attempt;
      if (attempt.expiresAt > this.now()) return attempt;
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
    }
    throw new SignInRefused('no sign-in was begun in this browser');
  }

  /** Discovered at first use and kept; a provider that was away is asked again. */
  private configuration(): Promise<oidc.Configuration> {
    this.#configuration ??= this.discover().catch((error: unknown) => {
      this.#configuration = undefined;
      throw error;
    });
    return this.#configuration;
  }

  private discover(): Promise<oidc.Configuration> {
    const issuer = new URL(this.settings.issuer);
    // Plain http only for the provider of the embedded run; the configuration refuses it elsewhere.
    const execute = issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [];
    return oidc.discovery(issuer, this.settings.clientId, this.settings.clientSecret, undefined, { execute });
  }
}

function toAuthentication(claims: oidc.IDToken | undefined, now: number): Authentication {
  if (!claims) throw new SignInRefused('no ID token');
  return {
    issuer: claims.iss,
    subject: claims.sub,
    acr: typeof claims.acr === 'string' ? claims.acr : '0',
    authenticatedAt: new Date(typeof claims.auth_time === 'number' ? claims.auth_time * 1_000 : now),
  };
}
