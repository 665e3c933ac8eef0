/**
 * What a proof may be signed with: short keys on two curves, quick to check. No HMAC, whose key would stand in the proof;
 * no RSA, whose keys can be made slow on purpose.
 */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'EdDSA', 'Ed25519'];

/** RFC 9449, section 7.1: what is wrong, the token or the proof that came with it. */
export type ProofFault = 'invalid_token' | 'invalid_dpop_proof';

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`;
const SCHEME = /^dpop /i;

/** Whether an Authorization header says that the token is shown with a proof of its key. */
export function isDpop(authorization: string | undefined): boolean {
  return authorization !== undefined && SCHEME.test(authorization);
}

export function dpopChallenge(fault: ProofFault): string {
  return `DPoP error="${fault}", ${ALGORITHMS}`;
}

/**
 * How to authenticate, for a 401 (RFC 9110, section 11.6.1).
 * @param authorization what was sent and wasn't good; undefined for nothing, and then no error is named (RFC 6750, section 3.1)
 */
export function challengeAfter(authorization: string | undefined): string {
  if (authorization === undefined) return `Bearer, DPoP ${ALGORITHMS}`;
  return isDpop(authorization) ? dpopChallenge('invalid_token') : 'Bearer error="invalid_token"';
}
