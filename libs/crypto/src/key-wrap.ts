import { createCipheriv, createDecipheriv } from 'node:crypto';

/** RFC 5649, section 3: the constant half of the alternative initial value; the other half is the key's length. */
const INITIAL = Buffer.from('a65959a6', 'hex');
const KEK_BYTES = 32;
const BLOCK = 8;

/** A wrapped key could not be unwrapped: wrong wrapping key, or changed bytes. Says nothing more on purpose. */
export class WrapBroken extends Error {
  override readonly name = 'WrapBroken';
  constructor() {
    super('wrapped key could not be unwrapped');
  }
}

/**
 * Wraps a key under another one: AES-256-KWP (RFC 5649; NIST SP 800-38F, 6.3). For keys alone: it takes no IV, so one key
 * wrapped twice is the same bytes, which tells nothing of a random key and would tell equality of anything else.
 *
 * @param kek 32 bytes
 * @param key at least one byte
 * @returns the key's length rounded up to eight bytes, and eight more
 */
export function wrapKey(kek: Buffer, key: Uint8Array): Buffer {
  if (kek.length !== KEK_BYTES) throw new RangeError('a wrapping key has 32 bytes');
  if (key.length === 0) throw new RangeError('there is no key to wrap');
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, INITIAL);
  return joined(cipher.update(key), cipher.final());
}

/**
 * Unwraps what {@link wrapKey} made.
 * @returns the key, in memory of its own
 * @throws {WrapBroken} for a wrong wrapping key, or any changed, missing or added byte.
 */
export function unwrapKey(kek: Buffer, wrapped: Uint8Array): Buffer {
  if (kek.length !== KEK_BYTES) throw new RangeError('a wrapping key has 32 bytes');
  // Of no bytes at all OpenSSL would make an empty key without a word.
  if (wrapped.length < 2 * BLOCK || wrapped.length % BLOCK !== 0) throw new WrapBroken();
  try {
    const decipher = createDecipheriv('id-aes256-wrap-pad', kek, INITIAL);
    return joined(decipher.update(wrapped), decipher.final());
  } catch {
    throw new WrapBroken();
  }
}

/** One buffer that shares its memory with no other, since small ones lie in slabs that come back uninitialised. */
function joined(first: Buffer, last: Buffer): Buffer {
  const whole = Buffer.alloc(first.length + last.length);
  first.copy(whole);
  last.copy(whole, first.length);
  first.fill(0);
  last.fill(0);
  return whole;
}
