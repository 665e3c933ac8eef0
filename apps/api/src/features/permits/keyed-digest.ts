import { createHmac } from 'node:crypto';
import { deriveKey } from '@integument/crypto';

const DIGEST_BYTES = 16;

/**
 * A digest of something that only who has the permit's key can work out: for ids that a sender chose (some kinds of UUID
 * tell the time, and no column may) and for content that nobody should be able to guess at. The key is derived for this
 * use, since the data key itself seals.
 * @returns 16 bytes
 */
export function keyedDigest(dataKey: Buffer, use: string, value: string): Buffer {
  const key = deriveKey(dataKey, `keyed-digest/${use}`);
  return createHmac('sha256', key).update(value, 'utf8').digest().subarray(0, DIGEST_BYTES);
}
