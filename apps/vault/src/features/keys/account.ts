import type { LiveIndex, Stamped } from './live-index.js';

/** Keyed digest of a person's account at an OpenID provider. */
export function accountStamp(index: LiveIndex, issuer: string, subject: string): Stamped {
  return index.stamp('account', accountText(issuer, subject));
}

/** The same under each version of the index key that accounts may be under, the oldest first. */
export function accountDigests(index: LiveIndex, issuer: string, subject: string): Buffer[] {
  return index.digests('account', accountText(issuer, subject));
}

/** Whose sign-in it was. It is gone within hours, so it names no version: who looks for it asks for `signInDigests`. */
export function signInAccountDigest(index: LiveIndex, issuer: string, subject: string): Buffer {
  return index.digest('account', accountText(issuer, subject));
}

/** Keyed digest of a session at an OpenID provider (`sid`), by which the provider ends ours. */
export function providerSessionDigest(index: LiveIndex, issuer: string, session: string): Buffer {
  return index.digest('provider-session', accountText(issuer, session));
}

/** By which sign-ins of an account, or of a session at the provider, may be found. */
export function signInDigests(
  index: LiveIndex,
  of: 'account' | 'provider-session',
  issuer: string,
  named: string,
): Buffer[] {
  return index.allDigests(of, accountText(issuer, named));
}

/** What an account is digested as, and sealed as where a copy is kept. */
export function accountText(issuer: string, subject: string): string {
  return JSON.stringify([issuer, subject]);
}
