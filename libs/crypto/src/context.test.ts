import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit } from './commitment.js';
import { context } from './context.js';

const part = fc.uint8Array({ maxLength: 6 });
const parts = fc.array(part, { maxLength: 5 });
const hex = (list: readonly Uint8Array[]) =>
  list.map((bytes) => Buffer.from(bytes).toString('hex')).join('|');

describe('a context', () => {
  it('is another one for another list of parts', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        expect(context(...one).equals(context(...other))).toBe(
          one.length === other.length && hex(one) === hex(other),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells where one part ends and the next begins', () => {
    fc.assert(
      fc.property(part, part, fc.nat(12), (one, other, cut) => {
        const joined = Buffer.concat([one, other]);
        const at = Math.min(cut, joined.length);
        fc.pre(at !== one.length);
        expect(context(joined.subarray(0, at), joined.subarray(at)).equals(context(one, other))).toBe(false);
        expect(context(joined).equals(context(one, other))).toBe(false);
      }),
    );
  });

  it('is count and lengths in little-endian before the bytes', () => {
    expect(context('ab', 1, new Uint8Array([255])).toString('hex')).toBe(
      '03000000' + '02000000' + '6162' + '08000000' + '0000000000000001' + '01000000' + 'ff',
    );
  });
});

describe('a commitment', () => {
  it('is SHA-256 of salt and identifier, each with its length', () => {
    const [salt, id] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
    const expected = createHash('sha256')
      .update(context('integument/commitment/v1', salt, id))
      .digest();
    expect(commit(salt, id).equals(expected)).toBe(true);
  });

  it('says nothing without its salt: another salt, another commitment', () => {
    const id = Buffer.alloc(16, 2);
    expect(commit(Buffer.alloc(16, 1), id).equals(commit(Buffer.alloc(16, 3), id))).toBe(false);
  });
});
