import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { context } from './context.js';
import { open, SEAL_OVERHEAD, SealBroken, seal } from './seal.js';

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
const place = fc.array(bytes(12), { maxLength: 4 }).map((parts) => context(...parts));

describe('a sealed value', () => {
  it('opens to the bytes that were sealed, whatever they are', () => {
    fc.assert(
      fc.property(key, bytes(300), place, (key, plaintext, place) => {
        const sealed = seal(key, plaintext, place);
        expect(sealed.length).toBe(plaintext.length + SEAL_OVERHEAD);
        expect(open(key, sealed, place).equals(plaintext)).toBe(true);
      }),
    );
  });

  it('keeps any Unicode text', () => {
    fc.assert(
      fc.property(key, fc.string({ unit: 'binary', maxLength: 60 }), (key, text) => {
        const here = context('identity_value', 'email');
        expect(open(key, seal(key, Buffer.from(text, 'utf8'), here), here).toString('utf8')).toBe(text);
      }),
    );
  });

  it('is refused with any single bit changed', () => {
    const key = Buffer.alloc(32, 7);
    const here = context('identity_value', 'email');
    const sealed = seal(key, Buffer.from('ada@example.org'), here);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => open(key, changed, here), `bit ${bit}`).toThrow(SealBroken);
    }
  });

  it('is refused at another place and under another key', () => {
    fc.assert(
      fc.property(key, key, bytes(40), place, place, (key, otherKey, plaintext, here, there) => {
        fc.pre(!here.equals(there) && !key.equals(otherKey));
        const sealed = seal(key, plaintext, here);
        expect(() => open(key, sealed, there)).toThrow(SealBroken);
        expect(() => open(otherKey, sealed, here)).toThrow(SealBroken);
      }),
    );
  });

  it('is refused with a byte missing or added at either end', () => {
    const key = Buffer.alloc(32, 1);
    const here = context('place');
    const sealed = seal(key, Buffer.from('some plaintext'), here);
    const extra = Buffer.from([0]);
    for (let length = 0; length < sealed.length; length++)
      expect(() => open(key, sealed.subarray(0, length), here), `${length} bytes`).toThrow(SealBroken);
    for (const wrong of [sealed.subarray(1), Buffer.concat([sealed, extra]), Buffer.concat([extra, sealed])])
      expect(() => open(key, wrong, here)).toThrow(SealBroken);
  });

  it('says in its refusal neither key, place nor what it was', () => {
    const here = context('ada@example.org');
    const sealed = seal(Buffer.alloc(32, 1), Buffer.from('ada@example.org'), here);
    const refusal = catchError(() => open(Buffer.alloc(32, 2), sealed, here));
    expect(refusal.message).toBe('sealed value could not be opened');
    expect(refusal.cause).toBeUndefined();
  });

  it('never has the IV of another one', () => {
    const key = Buffer.alloc(32, 3);
    const here = context('place');
    const ivs = new Set<string>();
    const count = 50_000;
    for (let n = 0; n < count; n++)
      ivs.add(seal(key, Buffer.alloc(0), here).subarray(1, 13).toString('latin1'));
    expect(ivs.size).toBe(count);
  });
});

/** A sealed value of our format made from its parts, so that published vectors go through `open` itself. */
function assemble(iv: string, ciphertext: string, tag: string): Buffer {
  return Buffer.concat([Buffer.from([1]), Buffer.from(iv + ciphertext + tag, 'hex')]);
}

// D. McGrew, J. Viega, "The Galois/Counter Mode of Operation", appendix B, test cases 13 and 14.
const PUBLISHED = [
  { ciphertext: '', tag: '530f8afbc74536b9a963b4f1c4cb738b', plaintext: '' },
  {
    ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
    tag: 'd0d1c8a799996bf0265b98b5d48ab919',
    plaintext: '00'.repeat(16),
  },
];

describe('AES-256-GCM', () => {
  it.each(PUBLISHED)('opens the published $plaintext', ({ ciphertext, tag, plaintext }) => {
    const sealed = assemble('00'.repeat(12), ciphertext, tag);
    expect(open(Buffer.alloc(32), sealed, Buffer.alloc(0)).toString('hex')).toBe(plaintext);
  });
});

interface GcmVector {
  readonly tcId: number;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid';
}

const vectors = join(import.meta.dirname, '../../../../shared/vectors/wycheproof/aes_gcm_test.json');

const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

describe.skipIf(missing)(`AES-256-GCM by Wycheproof${missing}`, () => {
  it('opens every valid vector and refuses every invalid one', () => {
    let tried = 0;
    for (const vector of gcmVectors()) {
      const { key, iv, aad, msg, ct, tag, result, tcId } = vector;
      const opened = () => open(Buffer.from(key, 'hex'), assemble(iv, ct, tag), Buffer.from(aad, 'hex'));
      if (result === 'valid') expect(opened().toString('hex'), `vector ${tcId}`).toBe(msg);
      else expect(opened, `vector ${tcId}`).toThrow(SealBroken);
      tried++;
    }
    expect(tried).toBeGreaterThan(60);
  });
});

/** Those of the one shape that we use: 256-bit keys, 96-bit IVs, whole tags. */
function gcmVectors(): GcmVector[] {
  const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    testGroups: { keySize: number; ivSize: number; tagSize: number; tests: GcmVector[] }[];
  };
  return testGroups
    .filter(({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128)
    .flatMap(({ tests }) => tests);
}

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
