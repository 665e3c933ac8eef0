import type { UnitOfWork } from '@integument/database';
import type { JWTPayload } from 'jose';
import * as oidc from 'openid-client';
import { FRESH_SECONDS, SESSION_SECONDS } from '../sessions/index.js';
import { type Authentication, toAuthentication } from './authentication.js';
import type { ProviderConnection } from './provider-connection.js';
import type { Providers } from './providers.js';
import { failureAtProvider, signInRefused } from './sign-in.errors.js';
import { type Attempt, markOf, type SignInAttempts } from './sign-in-attempts.js';
import type { SpentMarksStore } from './spent-marks.store.js';

export type { Authentication } from './authentication.js';

export const ATTEMPT_SECONDS = 600;
/** An ID token comes straight from the provider: an older one was kept by somebody. */
const ID_TOKEN_SECONDS = 600;

/**
 * OpenID Connect relying party: authorization code with PKCE, state and nonce, at several providers. An attempt belongs to one
 * browser and one provider and is good once. Each provider sends browsers back to an address of its own, so that no provider's
 * answer can be taken for another's, whether or not it says whose it is (RFC 9700, section 4.4; RFC 9207).
 */
export class RelyingParty {
  constructor(
    readonly providers: Providers,
    private readonly attempts: SignInAttempts,
    private readonly spent: SpentMarksStore,
    private readonly unitOfWork: UnitOfWork,
    /** the vault as browsers see it */
    private readonly publicUrl: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param providerId the first provider when undefined
   * @returns where to send the browser, and the cookie that belongs to it
   * @throws CodedError `sign_in.provider_unknown`, `sign_in.provider_unavailable`
   */
  async begin(
    providerId: string | undefined,
    returnTo: string | null,
    fresh = false,
  ): Promise<{ url: string; attempt: string }> {
    const provider = this.providers.get(providerId);
    const attempt: Attempt = {
      issuer: provider.settings.issuer,
      redirectUri: new URL(this.providers.callbackPath(provider), this.publicUrl).href,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      returnTo,
      fresh,
      expiresAt: this.now() + ATTEMPT_SECONDS * 1_000,
    };
    return { url: await authorizationUrl(provider, attempt), attempt: this.attempts.seal(attempt) };
  }

  /**
   * @param callback the address that the browser came to, with its query
   * @throws CodedError `sign_in.refused`, `sign_in.level_not_accepted`, `sign_in.provider_unavailable`
   */
  async finish(
    callback: URL,
    cookie: string,
  ): Promise<{ authentication: Authentication; returnTo: string | null }> {
    const attempt = this.attempts.open(cookie);
    const provider = attempt && this.providers.findByIssuer(attempt.issuer);
    if (!provider || !answers(callback, attempt)) throw signInRefused();
    // Before the provider is asked, so that it sees a code once. Not before the state was right: a page elsewhere could have the
    // browser come here and spoil what is under way.
    if (!(await this.unitOfWork.run((tx) => this.spent.spend(tx, markOf(attempt))))) throw signInRefused();
    const claims = await redeem(provider, callback, attempt).catch((error: unknown) => {
      throw failureAtProvider(error);
    });
    return {
      authentication: toAuthentication(claims, provider.settings, this.now()),
      returnTo: attempt.returnTo,
    };
  }
}

/**
 * Asked how old a sign-in may be, a provider has to say how old it is (`auth_time`: OpenID Connect Core, section 3.1.2.1), which staff
 * need for enrolling a factor. Theirs may be as old as a session of ours gets; people's any, as their provider keeps them signed in.
 */
function ageAskedFor({ settings }: ProviderConnection, { fresh }: Attempt): Record<string, string> {
  if (fresh) return { prompt: 'login', max_age: String(FRESH_SECONDS) };
  return settings.staff ? { max_age: String(SESSION_SECONDS) } : {};
}

function answers(callback: URL, { redirectUri, state }: Attempt): boolean {
  const states = callback.searchParams.getAll('state');
  return (
    `${callback.origin}${callback.pathname}` === redirectUri && states.length === 1 && states[0] === state
  );
}

async function authorizationUrl(provider: ProviderConnection, attempt: Attempt): Promise<string> {
  const { acrValues } = provider.settings;
  const challenge = await oidc.calculatePKCECodeChallenge(attempt.verifier);
  try {
    const url = oidc.buildAuthorizationUrl(await provider.configuration(), {
      redirect_uri: attempt.redirectUri,
      scope: 'openid',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
      ...ageAskedFor(provider, attempt),
    });
    return url.href;
  } catch (error) {
    throw failureAtProvider(error);
  }
}

/** Gives the code for an ID token. @returns its claims */
async function redeem(provider: ProviderConnection, callback: URL, attempt: Attempt): Promise<JWTPayload> {
  const tokens = await oidc.authorizationCodeGrant(await provider.configuration(), callback, {
    expectedState: attempt.state,
    expectedNonce: attempt.nonce,
    pkceCodeVerifier: attempt.verifier,
    idTokenExpected: true,
    // Then it must be there, and is checked against this.
    ...(attempt.fresh && { maxAge: FRESH_SECONDS }),
  });
  // The library takes the token as it came over TLS, without a look at its signature (section 3.1.3.7, 6).
  return provider.verify(tokens.id_token ?? '', { maxAge: ID_TOKEN_SECONDS, requiredClaims: ['sub'] });
}
