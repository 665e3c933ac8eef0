import { deriveKey } from './derive.js';
import { Hmac } from './hmac.js';

const DIGEST_BYTES = 16;

/**
 * Equality search over values the server stores only sealed: HMAC-SHA-256 (RFC 2104) of the normalised value under a
 * key of its field, cut to 16 bytes. Equal values give equal digests within a field and unrelated ones across fields.
 */
export class BlindIndex {
  readonly #fields = new Map<string, Hmac>();
  #wiped = false;

  /** @param key 32 bytes, used for nothing else */
  constructor(private readonly key: Buffer) {}

  /** @returns 16 bytes */
  digest(field: string, value: string): Buffer {
    return this.hmacOf(field).digest(value).subarray(0, DIGEST_BYTES);
  }

  /** Overwrites the key, the caller's copy of it included, and what was made of it. It makes no digests from then on. */
  wipe(): void {
    this.#wiped = true;
    this.key.fill(0);
    for (const hmac of this.#fields.values()) hmac.wipe();
    this.#fields.clear();
  }

  private hmacOf(field: string): Hmac {
    const known = this.#fields.get(field);
    if (known) return known;
    // Everybody could make digests under a key of zeros.
    if (this.#wiped) throw new Error('a blind index was used after its key was wiped');
    const key = deriveKey(this.key, `blind-index/${field}`);
    const hmac = new Hmac(key);
    key.fill(0);
    this.#fields.set(field, hmac);
    return hmac;
  }
}

/**
 * Cuts a digest so short that different values share it: then equal ones prove nothing. What is left of the last byte is zero.
 * @param bits 1 to 128 @returns as few bytes as hold them
 */
export function firstBits(digest: Buffer, bits: number): Buffer {
  const cut = Buffer.from(digest.subarray(0, Math.ceil(bits / 8)));
  const last = cut.length - 1;
  cut[last] = (cut[last] ?? 0) & (0xff << (cut.length * 8 - bits));
  return cut;
}
