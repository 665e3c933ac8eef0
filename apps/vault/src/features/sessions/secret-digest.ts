import { createHash } from 'node:crypto';
import { context } from '@integument/crypto';

/** What is kept of the secret of a cookie or a one-time code: random enough to need no slow hash. */
export function secretDigest(secret: Buffer): Buffer {
  return createHash('sha256').update(context('integument/vault-secret/v1', secret)).digest();
}
