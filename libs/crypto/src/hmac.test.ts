import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hmac } from './hmac.js';

const BLOCK = 64;
const bytes = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
const written = fc.string({ unit: 'binary', maxLength: 200 });

/** Bytes as text of one character each. */
function digestOf(key: Uint8Array, message: Uint8Array): string {
  const hmac = new Hmac(Buffer.from(key));
  return hmac.digest(Buffer.from(message).toString('latin1'), 'latin1').toString('hex');
}

describe('HMAC-SHA-256', () => {
  it('is that of RFC 4231 (sections 4.2 to 4.4)', () => {
    const [key, text] = [Buffer.from('Jefe'), 'what do ya want for nothing?'];
    const tag = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(new Hmac(key).digest(text).toString('hex')).toBe(tag);
    expect(digestOf(Buffer.alloc(20, 0x0b), Buffer.from('Hi There'))).toBe(
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    );
    expect(digestOf(Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd))).toBe(
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    );
  });

  it('is that of others, for keys of up to a block, again and again', () => {
    fc.assert(
      fc.property(bytes(BLOCK), bytes(300), written, (key, message, text) => {
        expect(digestOf(key, message)).toBe(createHmac('sha256', key).update(message).digest('hex'));
        const hmac = new Hmac(Buffer.from(key));
        const expected = createHmac('sha256', key).update(text, 'utf8').digest('hex');
        for (let time = 0; time < 2; time++) expect(hmac.digest(text).toString('hex')).toBe(expected);
      }),
    );
  });

  it('takes no key that would have to be hashed first', () => {
    expect(() => new Hmac(Buffer.alloc(BLOCK + 1))).toThrow(RangeError);
  });

  it('that is wiped has nothing of its key', () => {
    const hmac = new Hmac(Buffer.alloc(32, 1));
    const before = hmac.digest('a');
    hmac.wipe();
    expect(hmac.digest('a')).not.toEqual(before);
  });
});

interface Vector {
  readonly tcId: number;
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
  readonly result: 'invalid' | 'valid';
}

const vectors = join(import.meta.dirname, '../../../../shared/vectors/wycheproof/hmac_sha256_test.json');

const missing = existsSync(vectors) ? '' : ` (skipped: no ${vectors})`;

describe.skipIf(missing)(`HMAC-SHA-256 by Wycheproof${missing}`, () => {
  it('agrees with every vector under a key of up to a block', () => {
    const { testGroups } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      testGroups: { tests: Vector[] }[];
    };
    const tests = testGroups.flatMap((group) => group.tests).filter(({ key }) => key.length <= 2 * BLOCK);
    for (const { tcId, key, msg, tag, result } of tests) {
      const digest = digestOf(Buffer.from(key, 'hex'), Buffer.from(msg, 'hex'));
      expect(digest.startsWith(tag), `vector ${tcId}`).toBe(result === 'valid');
    }
    expect(tests.length).toBeGreaterThan(100);
  });
});
