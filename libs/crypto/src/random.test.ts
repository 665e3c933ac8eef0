import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillRandom, randomKey } from './random.js';

describe('random bytes', () => {
  it('fill the part asked for and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 32, max: 64 }), fc.nat(40), (before, length, after) => {
        const target = Buffer.alloc(before + length + after);
        fillRandom(target, before, length);
        expect(target.subarray(0, before).every((byte) => byte === 0)).toBe(true);
        expect(target.subarray(before + length).every((byte) => byte === 0)).toBe(true);
        // 32 zero bytes by chance: 2^-256.
        expect(target.subarray(before, before + length).some((byte) => byte !== 0)).toBe(true);
      }),
    );
  });

  it('never come twice, across the pages they are fetched by', () => {
    const keys = Array.from({ length: 2_000 }, () => randomKey().toString('hex'));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => key.length === 64)).toBe(true);
  });
});
