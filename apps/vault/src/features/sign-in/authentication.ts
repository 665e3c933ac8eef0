import type { JWTPayload } from 'jose';
import type { OpenIdProvider } from '../../openid-providers.js';
import { levelNotAccepted, signInRefused } from './sign-in.errors.js';

/** Who the provider says signed in. */
export interface Authentication {
  /** short name of the provider */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly acr: string;
  readonly authenticatedAt: Date;
  /** whether roles of the staff table count for accounts of this provider */
  readonly mayBeStaff: boolean;
  /** `sid`: the session at the provider, by which it can end ours; undefined where the provider gives none */
  readonly providerSession?: string | undefined;
}

/** At most 255 ASCII characters (OpenID Connect Core 1.0, section 2): nothing that looks like another one, nothing invisible. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;
const NAME = /^[\x21-\x7e]{1,255}$/;
const NO_LEVEL = '0';
const TOLERANCE_MS = 30_000;

export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && SUBJECT.test(value);
}

export function isSessionName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/** Reads the claims of an ID token whose signature, issuer, audience, nonce and times were checked. @throws CodedError */
export function toAuthentication(claims: JWTPayload, provider: OpenIdProvider, now: number): Authentication {
  const { sub, acr, sid } = claims;
  if (!isSubject(sub)) throw signInRefused();
  const level = isSessionName(acr) ? acr : NO_LEVEL;
  if (provider.acrValues.length > 0 && !provider.acrValues.includes(level)) throw levelNotAccepted();
  return {
    provider: provider.id,
    issuer: provider.issuer,
    subject: sub,
    acr: level,
    authenticatedAt: authenticatedAt(claims, now, provider.staff),
    mayBeStaff: provider.staff,
    providerSession: isSessionName(sid) ? sid : undefined,
  };
}

/**
 * A provider of people that says nothing is believed to have asked just now. One of staff must say: a second factor is enrolled from a
 * fresh sign-in, and one of last week would pass for it. From the future, a sign-in would stay fresh for longer.
 */
function authenticatedAt({ auth_time }: JWTPayload, now: number, mustSay: boolean): Date {
  if (auth_time === undefined && !mustSay) return new Date(now);
  if (typeof auth_time !== 'number' || !(auth_time > 0) || auth_time * 1_000 > now + TOLERANCE_MS) {
    throw signInRefused();
  }
  return new Date(Math.min(auth_time * 1_000, now));
}
