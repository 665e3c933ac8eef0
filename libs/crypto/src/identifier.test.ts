import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeId, encodeId, MalformedIdentifier, randomId } from './identifier.js';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ofLength = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes });
const id = ofLength(16);
const anyId = fc.oneof(id, ofLength(21), ofLength(26));
const prefix = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
  minLength: 3,
  maxLength: 3,
});

function isId(prefix: string, text: string): boolean {
  try {
    return decodeId(prefix, text).length === 16;
  } catch (error) {
    if (error instanceof MalformedIdentifier) return false;
    throw error;
  }
}

/** CRC-32 (ISO 3309), bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** Base 32 of one big number: nothing in common with the code under test but the alphabet. */
function toBase32(bytes: Uint8Array, chars = (bytes.length / 5) * 8): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (let at = 0; at < chars; at++, rest >>= 5n) text = `${ALPHABET[Number(rest & 31n)]}${text}`;
  return text;
}

describe('an identifier', () => {
  it('is prefix, bytes and the CRC-32 over both in Crockford’s base 32', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    fc.assert(
      fc.property(prefix, anyId, (prefix, id) => {
        const check = Buffer.alloc(4);
        check.writeUInt32BE(crc32(Buffer.concat([Buffer.from(prefix), id])));
        expect(encodeId(prefix, id)).toBe(`${prefix}_${toBase32(Buffer.concat([id, check]))}`);
      }),
    );
  });

  it('reads back as it was written', () => {
    fc.assert(
      fc.property(prefix, anyId, (prefix, id) => {
        expect(decodeId(prefix, encodeId(prefix, id), id.length).equals(id)).toBe(true);
      }),
    );
  });

  it('is refused with any single character changed', () => {
    fc.assert(
      fc.property(id, (id) => {
        const text = encodeId('psn', id);
        for (let at = 4; at < text.length; at++) {
          for (const char of ALPHABET) {
            if (char === text[at]) continue;
            expect(isId('psn', text.slice(0, at) + char + text.slice(at + 1))).toBe(false);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is refused with two neighbours changed places', () => {
    fc.assert(
      fc.property(id, fc.integer({ min: 4, max: 34 }), (id, at) => {
        const text = encodeId('psn', id);
        const swapped = text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2);
        expect(isId('psn', swapped)).toBe(swapped === text);
      }),
      { numRuns: 500 },
    );
  });

  it('of one kind is none of another', () => {
    fc.assert(
      fc.property(prefix, prefix, id, (prefix, other, id) => {
        fc.pre(prefix !== other);
        const text = encodeId(prefix, id);
        expect(isId(other, text)).toBe(false);
        expect(isId(other, `${other}${text.slice(3)}`)).toBe(false);
      }),
    );
  });

  it('is refused in capitals, with foreign letters, cut or lengthened', () => {
    const text = encodeId('psn', Buffer.alloc(16, 0xab));
    const wrong = [text.toUpperCase(), `${text} `, `${text}0`, text.slice(0, -1), text.replace('_', '-'), ''];
    for (const text of [...wrong, `psn_${'i'.repeat(32)}`, `psn_${'é'.repeat(32)}`])
      expect(() => decodeId('psn', text), text).toThrow(MalformedIdentifier);
  });

  it('is never echoed by its refusal', () => {
    expect(() => decodeId('psn', 'ada@example.org')).toThrow(/^not a psn_ identifier$/);
  });
});

describe('random identifiers', () => {
  it('do not repeat', () => {
    const count = 200_000;
    const seen = new Set<string>();
    for (let n = 0; n < count; n++) seen.add(randomId().toString('latin1'));
    expect(seen.size).toBe(count);
  });

  it('stay what they are when more are drawn', () => {
    const first = randomId();
    const before = first.toString('hex');
    for (let n = 0; n < 1_000; n++) randomId();
    expect(first.toString('hex')).toBe(before);
  });
});
