import { createCipheriv } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrapKey, WrapBroken, wrapKey } from './key-wrap.js';

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const kek = bytes(32, 32);
const hex = (text: string) => Buffer.from(text, 'hex');

describe('a wrapped key', () => {
  it('unwraps to the key, of whatever length', () => {
    fc.assert(
      fc.property(kek, bytes(1, 80), (kek, key) => {
        expect(unwrapKey(kek, wrapKey(kek, key)).equals(key)).toBe(true);
      }),
    );
  });

  it('of up to eight bytes is one block of AES (RFC 5649, 4.1): constant, length, padded key', () => {
    fc.assert(
      fc.property(kek, bytes(1, 8), (kek, key) => {
        const block = Buffer.concat([
          hex('a65959a6'),
          Buffer.from([0, 0, 0, key.length]),
          key,
          Buffer.alloc(8),
        ]);
        const aes = createCipheriv('aes-256-ecb', kek, null).setAutoPadding(false);
        expect(wrapKey(kek, key).equals(aes.update(block.subarray(0, 16)))).toBe(true);
      }),
    );
  });

  // The examples of RFC 5649, section 6, have a wrapping key of 192 bits: these are Wycheproof's 167, 173 and 184.
  it.each([
    [
      '38e1b1d075d9d852b9a6c01c8ff6965af01bac457a4e339ae3e1d7b2ffacc0cd',
      '80ad6820f1c90981e2ca42b817a345c1179d0a11d8e23a8adc0505e13d87295a',
      'b63b7e0fec7e315816233db6758fd3e744b9f6a40862bdf866487e53bcb950d8b2649269e51b4475',
    ],
    [
      '1abf4b7fa2bb62a78f09ddab04625dcacdd9e551d1a69b6b162baa53d2700093',
      'f713b9',
      'b2a77d9b837e87cdb7391e1df7cdaf14',
    ],
    [
      '1abf4b7fa2bb62a78f09ddab04625dcacdd9e551d1a69b6b162baa53d2700093',
      'da29e0889cf98742612e0326300b',
      'b631292536aaf02d829cc6d3c39e5a5cd76240889e9d51d0',
    ],
  ])('is the published one: %#', (kek, key, wrapped) => {
    expect(wrapKey(hex(kek), hex(key)).toString('hex')).toBe(wrapped);
    expect(unwrapKey(hex(kek), hex(wrapped)).toString('hex')).toBe(key);
  });

  it('is refused when any one bit has changed, under another wrapping key, and when bytes are missing or added', () => {
    const kek = Buffer.alloc(32, 7);
    const wrapped = wrapKey(kek, Buffer.alloc(32, 9));
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => unwrapKey(kek, changed), `bit ${bit}`).toThrow(WrapBroken);
    }
    expect(() => unwrapKey(Buffer.alloc(32, 8), wrapped)).toThrow(WrapBroken);
    for (let length = 0; length < wrapped.length; length++) {
      expect(() => unwrapKey(kek, wrapped.subarray(0, length)), `${length} bytes`).toThrow(WrapBroken);
    }
    expect(() => unwrapKey(kek, Buffer.concat([wrapped, Buffer.alloc(8)]))).toThrow(WrapBroken);
  });

  it('is not made under a short wrapping key, nor of nothing', () => {
    expect(() => wrapKey(Buffer.alloc(16), Buffer.alloc(32))).toThrow(RangeError);
    expect(() => unwrapKey(Buffer.alloc(16), Buffer.alloc(40))).toThrow(RangeError);
    expect(() => wrapKey(Buffer.alloc(32), Buffer.alloc(0))).toThrow(RangeError);
  });
});

interface KwpVector {
  readonly tcId: number;
  readonly key: string;
  readonly msg: string;
  readonly ct: string;
  readonly result: string;
}

const vectors = join(import.meta.dirname, '../../../../shared/vectors/wycheproof/aes_kwp_test.json');

const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

describe.skipIf(missing)(`AES-256-KWP by Wycheproof${missing}`, () => {
  it('agrees with every valid vector and refuses every invalid one', () => {
    let tried = 0;
    for (const { tcId, key, msg, ct, result } of kwpVectors()) {
      const unwrapped = () => unwrapKey(hex(key), hex(ct));
      if (result === 'valid') {
        expect(unwrapped().toString('hex'), `vector ${tcId}`).toBe(msg);
        expect(wrapKey(hex(key), hex(msg)).toString('hex'), `vector ${tcId}`).toBe(ct);
      } else expect(unwrapped, `vector ${tcId}`).toThrow(WrapBroken);
      tried++;
    }
    expect(tried).toBeGreaterThan(90);
  });
});

/** Those whose wrapping key has our length. */
function kwpVectors(): KwpVector[] {
  const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    testGroups: { keySize: number; tests: KwpVector[] }[];
  };
  return testGroups.filter(({ keySize }) => keySize === 256).flatMap(({ tests }) => tests);
}
