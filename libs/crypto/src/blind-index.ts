import { createHash, type Hash } from 'node:crypto';
import { deriveKey } from './derive.js';

const BLOCK = 64;
const DIGEST_BYTES = 16;

/**
 * Equality search over values the server stores only sealed: HMAC-SHA-256 (RFC 2104) of the normalised value under a
 * key of its field, cut to 16 bytes. Equal values give equal digests within a field and unrelated ones across fields.
 *
 * The padded key blocks are hashed once and copied for each value, which halves the cost of `createHmac`.
 */
export class BlindIndex {
  readonly #fields = new Map<string, { inner: Hash; outer: Hash }>();

  /** @param key 32 bytes, used for nothing else */
  constructor(private readonly key: Buffer) {}

  /** @returns 16 bytes */
  digest(field: string, value: string): Buffer {
    const { inner, outer } = this.pads(field);
    const innerDigest = inner.copy().update(value, 'utf8').digest();
    return outer.copy().update(innerDigest).digest().subarray(0, DIGEST_BYTES);
  }

  private pads(field: string): { inner: Hash; outer: Hash } {
    const known = this.#fields.get(field);
    if (known) return known;
    const key = deriveKey(this.key, `blind-index/${field}`);
    const pads = { inner: padded(key, 0x36), outer: padded(key, 0x5c) };
    this.#fields.set(field, pads);
    return pads;
  }
}

function padded(key: Buffer, pad: number): Hash {
  const block = Buffer.alloc(BLOCK, pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] ?? 0) ^ pad;
  return createHash('sha256').update(block);
}
