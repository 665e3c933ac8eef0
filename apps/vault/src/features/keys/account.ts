import type { BlindIndex } from '@integument/crypto';

/** Keyed digest of an account at an OpenID provider; the account itself is kept nowhere. */
export function accountDigest(index: BlindIndex, issuer: string, subject: string): Buffer {
  return index.digest('account', JSON.stringify([issuer, subject]));
}

/** Keyed digest of a session at an OpenID provider (`sid`), by which the provider ends ours. */
export function providerSessionDigest(index: BlindIndex, issuer: string, session: string): Buffer {
  return index.digest('provider-session', JSON.stringify([issuer, session]));
}
