import { crc32 } from 'node:zlib';
import { fillRandom } from './random.js';

/** Random bytes in every identifier: 128 bits. */
export const IDENTIFIER_BYTES = 16;
const CHECK_BYTES = 4;
const GROUP_BYTES = 5;
const GROUP_CHARS = 8;
// Crockford's base 32 in lower case: no i, l, o, u to misread.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** By character code; what is no digit has no value. */
const VALUES = new Int8Array(128).fill(-1);
for (const [value, char] of [...ALPHABET].entries()) VALUES[char.charCodeAt(0)] = value;
/** Two characters for ten bits: half as many pieces of text to put together. */
const PAIRS = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

/** CRC-32 of each prefix: there are as many as kinds of identifiers. */
const CHECK_STARTS = new Map<string, number>();

/** A text is not an identifier of the expected kind: wrong prefix, length, alphabet or checksum. */
export class MalformedIdentifier extends Error {
  override readonly name = 'MalformedIdentifier';
  constructor(readonly prefix: string) {
    super(`not a ${prefix}_ identifier`);
  }
}

/** 16 fresh random bytes. */
export function randomId(): Buffer {
  const id = Buffer.allocUnsafe(IDENTIFIER_BYTES);
  fillRandom(id, 0, IDENTIFIER_BYTES);
  return id;
}

/**
 * Writes 16 bytes as `prefix_` and 32 characters: the bytes and a CRC-32 over prefix and bytes. The prefix says what it
 * is, the checksum lets a mistyped one be refused before any look-up.
 * @param id 16 bytes, or five or ten more: with the checksum they fill characters to the last bit
 */
export function encodeId(prefix: string, id: Uint8Array): string {
  const body = Buffer.allocUnsafe(id.length + CHECK_BYTES);
  body.set(id);
  body.writeUInt32BE(checksum(prefix, id), id.length);
  return `${prefix}_${toBase32(body)}`;
}

/**
 * Reads what {@link encodeId} wrote.
 * @param bytes how many were written
 * @throws {MalformedIdentifier}
 */
export function decodeId(prefix: string, text: string, bytes: number = IDENTIFIER_BYTES): Buffer {
  const chars = ((bytes + CHECK_BYTES) / GROUP_BYTES) * GROUP_CHARS;
  if (text.length !== prefix.length + 1 + chars || !text.startsWith(`${prefix}_`)) {
    throw new MalformedIdentifier(prefix);
  }
  const body = fromBase32(text.slice(prefix.length + 1), bytes + CHECK_BYTES);
  const id = body?.subarray(0, bytes);
  if (!body || !id || body.readUInt32BE(bytes) !== checksum(prefix, id)) {
    throw new MalformedIdentifier(prefix);
  }
  return Buffer.from(id);
}

/** The same where one of many may be wrong: null in place of an error. */
export function decodedOrNull(prefix: string, text: string, bytes: number = IDENTIFIER_BYTES): Buffer | null {
  try {
    return decodeId(prefix, text, bytes);
  } catch (error) {
    if (error instanceof MalformedIdentifier) return null;
    throw error;
  }
}

function checksum(prefix: string, id: Uint8Array): number {
  return crc32(id, CHECK_STARTS.get(prefix) ?? checkStart(prefix));
}

function checkStart(prefix: string): number {
  const start = crc32(prefix);
  CHECK_STARTS.set(prefix, start);
  return start;
}

function toBase32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += GROUP_BYTES) {
    // Five bytes are eight characters; two halves of 20 bits stay exact in a double's integer range.
    const high = (bytes.readUInt16BE(at) << 4) | ((bytes[at + 2] ?? 0) >> 4);
    const low = (((bytes[at + 2] ?? 0) & 15) << 16) | bytes.readUInt16BE(at + 3);
    text += pair(high >> 10) + pair(high & 1_023) + pair(low >> 10) + pair(low & 1_023);
  }
  return text;
}

function pair(bits: number): string {
  return PAIRS[bits] as string;
}

function fromBase32(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  let bits = 0;
  let value = 0;
  let at = 0;
  for (let n = 0; n < text.length; n++) {
    const digit = VALUES[text.charCodeAt(n)] ?? -1;
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (value >> bits) & 255;
    }
  }
  return bytes;
}
