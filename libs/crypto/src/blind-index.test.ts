import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BlindIndex, firstBits } from './blind-index.js';
import { deriveKey } from './derive.js';

const text = fc.string({ unit: 'binary', maxLength: 200 });

/** The same thing written the long way. */
function hmac(key: Uint8Array, value: string): string {
  return createHmac('sha256', key).update(value, 'utf8').digest('hex');
}

describe('a blind index', () => {
  it('is HMAC-SHA-256 under its field’s key, cut to 16 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, text, (secret, field, value) => {
        const index = new BlindIndex(Buffer.from(secret));
        const expected = hmac(deriveKey(secret, `blind-index/${field}`), value).slice(0, 32);
        expect(index.digest(field, value).toString('hex')).toBe(expected);
        // The pads are kept between calls: the second must not go on where the first ended.
        expect(index.digest(field, value).toString('hex')).toBe(expected);
      }),
    );
  });

  it('that is wiped has its key no more, and makes no digest, of a field that it knew neither', () => {
    const key = Buffer.alloc(32, 1);
    const index = new BlindIndex(key);
    const blocks = vi.spyOn(Buffer, 'alloc');
    const digest = index.digest('email', 'a');
    const pads = blocks.mock.results.map(({ value }) => value as Buffer);
    blocks.mockRestore();
    index.wipe();
    expect(key).toEqual(Buffer.alloc(32));
    expect(pads.filter((pad) => pad.length === 64)).toEqual([Buffer.alloc(64), Buffer.alloc(64)]);
    for (const field of ['email', 'phone']) expect(() => index.digest(field, 'a')).toThrow('wiped');
    expect(new BlindIndex(Buffer.alloc(32, 1)).digest('email', 'a')).toEqual(digest);
  });

  it('is unrelated across fields and across keys', () => {
    const [one, other] = [new BlindIndex(Buffer.alloc(32, 1)), new BlindIndex(Buffer.alloc(32, 2))];
    const digests = [one.digest('email', 'x'), one.digest('phone', 'x'), other.digest('email', 'x')];
    expect(new Set(digests.map((digest) => digest.toString('hex'))).size).toBe(3);
  });
});

describe('the first bits of a digest', () => {
  const digest = Buffer.from('ffa5'.repeat(8), 'hex');

  it.each([
    [1, '80'],
    [4, 'f0'],
    [8, 'ff'],
    [9, 'ff80'],
    [10, 'ff80'],
    [11, 'ffa0'],
    [16, 'ffa5'],
    [24, 'ffa5ff'],
    [128, 'ffa5'.repeat(8)],
  ])('are %i, and zeros up to the byte', (bits, left) => {
    expect(firstBits(digest, bits).toString('hex')).toBe(left);
  });

  it('leave the digest as it is', () => {
    firstBits(digest, 1);
    expect(digest.toString('hex')).toBe('ffa5'.repeat(8));
  });
});
