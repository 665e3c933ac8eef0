import { createHash } from 'node:crypto';
import { context } from '@integument/crypto';
import type { Mark } from '@integument/database';
import { decodeJwt, type JWTPayload } from 'jose';
import { isSessionName, isSubject } from './authentication.js';
import type { ProviderConnection } from './provider-connection.js';
import { failureAtProvider, logoutTokenRefused } from './sign-in.errors.js';

/** Which sessions a provider says have ended. At least one of the two is there; with both, it is the session of that subject. */
export interface LogoutToken {
  readonly issuer: string;
  readonly subject: string | undefined;
  /** `sid`, as `Authentication.providerSession` */
  readonly providerSession: string | undefined;
  /** to be spent in the transaction that ends the sessions; spent before, the token is refused */
  readonly mark: Mark;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const TOKEN_MAX = 8_192;
/** Longer than a provider's clock is wrong or its retries take, and how long a mark of one is kept. */
const TOKEN_SECONDS = 300;
const TOLERANCE_SECONDS = 60;

/** Whose a logout token says it is: to know by whose keys to check it, and for nothing else. */
export function claimedIssuer(token: string): string | null {
  try {
    return token.length <= TOKEN_MAX ? (decodeJwt(token).iss ?? null) : null;
  } catch {
    return null;
  }
}

/**
 * Checks a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6), but for one thing: whether it came before. Spend
 * its mark for that.
 * @throws CodedError `sign_in.logout_token_refused`, `sign_in.provider_unavailable`
 */
export async function verifyLogoutToken(provider: ProviderConnection, token: string): Promise<LogoutToken> {
  if (token.length > TOKEN_MAX) throw logoutTokenRefused();
  const claims = await provider
    // By its type it can't be an ID token, which anybody has who signed in.
    .verify(token, { typ: 'logout+jwt', maxAge: TOKEN_SECONDS, requiredClaims: ['jti', 'events'] })
    .catch((error: unknown) => {
      throw failureAtProvider(error, logoutTokenRefused);
    });
  return read(claims, provider.settings);
}

function read(claims: JWTPayload, { clientId, issuer }: ProviderConnection['settings']): LogoutToken {
  const { aud, jti, sub, sid, events, iat = 0 } = claims;
  const forUsAlone = Array.isArray(aud) ? aud.length === 1 && aud[0] === clientId : aud === clientId;
  const named = sub !== undefined || sid !== undefined;
  const wellNamed = (sub === undefined || isSubject(sub)) && (sid === undefined || isSessionName(sid));
  // A nonce would make an ID token of it for whoever looks at no type (section 2.4).
  if (!forUsAlone || !named || !wellNamed || 'nonce' in claims || !isLogout(events) || !isSessionName(jti)) {
    throw logoutTokenRefused();
  }
  return {
    issuer,
    subject: sub,
    providerSession: sid,
    mark: {
      mark: createHash('sha256')
        .update(context('integument/logout-token/v1', issuer, jti))
        .digest(),
      expiresAt: new Date((iat + TOKEN_SECONDS + TOLERANCE_SECONDS) * 1_000),
    },
  };
}

function isLogout(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false;
  const event = (events as Record<string, unknown>)[EVENT];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}
