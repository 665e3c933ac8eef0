import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deriveKey, KEY_BYTES } from './derive.js';

describe('a derived key', () => {
  it('is HKDF-SHA-256 of RFC 5869 (appendix A.3)', () => {
    const okm = '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8';
    const key = deriveKey(Buffer.alloc(22, 0x0b), '');
    expect(key.toString('hex')).toBe(okm.slice(0, KEY_BYTES * 2));
  });

  it('is another one for another use, another salt and another secret', () => {
    const secret = Buffer.alloc(32, 1);
    const keys = [
      deriveKey(secret, 'one'),
      deriveKey(secret, 'two'),
      deriveKey(secret, 'one', Buffer.alloc(32, 2)),
      deriveKey(Buffer.alloc(32, 3), 'one'),
    ];
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(keys.length);
    expect(deriveKey(secret, 'one').equals(deriveKey(Buffer.from(secret), 'one'))).toBe(true);
  });
});

interface HkdfVector {
  readonly tcId: number;
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
  readonly result: string;
}

const vectors = join(import.meta.dirname, '../../../../shared/vectors/wycheproof/hkdf_sha256_test.json');

const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

describe.skipIf(missing)(`HKDF-SHA-256 by Wycheproof${missing}`, () => {
  it('gives the first 32 bytes of every vector', () => {
    const usable = hkdfVectors();
    for (const { tcId, ikm, salt, info, okm } of usable) {
      const key = deriveKey(Buffer.from(ikm, 'hex'), utf8(info), Buffer.from(salt, 'hex'));
      expect(key.toString('hex'), `vector ${tcId}`).toBe(okm.slice(0, KEY_BYTES * 2));
    }
    expect(usable.length).toBeGreaterThan(20);
  });
});

/** Our keys have one length, which is the first block of a longer output too; our infos are text. */
function hkdfVectors(): HkdfVector[] {
  const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    testGroups: { tests: HkdfVector[] }[];
  };
  return testGroups
    .flatMap(({ tests }) => tests)
    .filter(({ result, size }) => result === 'valid' && size >= KEY_BYTES)
    .filter(({ info }) => Buffer.from(utf8(info), 'utf8').toString('hex') === info);
}

function utf8(hex: string): string {
  return Buffer.from(hex, 'hex').toString('utf8');
}
