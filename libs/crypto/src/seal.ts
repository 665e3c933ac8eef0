import { createCipheriv, createDecipheriv } from 'node:crypto';
import { fillRandom } from './random.js';

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + IV_BYTES;

/** Bytes that sealing adds to a plaintext. */
export const SEAL_OVERHEAD = HEADER_BYTES + TAG_BYTES;

/** A sealed value could not be opened: wrong key, wrong place, or changed bytes. Says nothing more on purpose. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor() {
    super('sealed value could not be opened');
  }
}

/**
 * Seals a plaintext under AES-256-GCM.
 *
 * @param key 32 bytes. At most 2^32 values a key (NIST SP 800-38D, 8.3: random 96-bit IVs).
 * @param place what the value is bound to, from {@link context}; opening with another place fails.
 * @returns format (1 byte) | IV (12) | ciphertext | tag (16)
 */
export function seal(key: Buffer, plaintext: Uint8Array, place: Buffer): Buffer {
  const sealed = Buffer.allocUnsafe(plaintext.length + SEAL_OVERHEAD);
  sealed[0] = FORMAT;
  fillRandom(sealed, 1, IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(1, HEADER_BYTES));
  cipher.setAAD(place);
  cipher.update(plaintext).copy(sealed, HEADER_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(sealed, HEADER_BYTES + plaintext.length);
  return sealed;
}

/**
 * Opens what {@link seal} made.
 * @throws {SealBroken} for a wrong key, a wrong place, or any changed, missing or added byte.
 */
export function open(key: Buffer, sealed: Uint8Array, place: Buffer): Buffer {
  if (sealed.length < SEAL_OVERHEAD || sealed[0] !== FORMAT) throw new SealBroken();
  const body = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(place);
  decipher.setAuthTag(sealed.subarray(body));
  const plaintext = decipher.update(sealed.subarray(HEADER_BYTES, body));
  try {
    decipher.final();
  } catch {
    throw new SealBroken();
  }
  return plaintext;
}
