import { hkdfSync } from 'node:crypto';

/** Length of every symmetric key here, in bytes. */
export const KEY_BYTES = 32;

/**
 * Derives a 32-byte key with HKDF-SHA-256 (RFC 5869).
 * @param secret input keying material; at least 32 bytes of full entropy
 * @param info what the key is for; two uses never share one
 * @param salt an independent second secret or a public value; empty when absent
 */
export function deriveKey(secret: Uint8Array, info: string, salt: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, KEY_BYTES));
}
