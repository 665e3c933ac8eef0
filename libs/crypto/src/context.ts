/**
 * Encodes a list of parts so that no two different lists give the same bytes: each part is preceded by its length.
 * This is what binds a ciphertext to its place (table, owner, field, key version); a bare join would let
 * ("ab", "c") pass for ("a", "bc").
 *
 * Shape: count (u32 LE), then for each part its byte length (u32 LE) and its bytes. Text is UTF-8, a number is 8 bytes BE.
 * Source: the pre-authentication encoding of PASETO, with 32-bit lengths.
 */
export function context(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  const pieces: Uint8Array[] = [u32(parts.length)];
  for (const part of parts) {
    const bytes = toBytes(part);
    pieces.push(u32(bytes.length), bytes);
  }
  return Buffer.concat(pieces);
}

function toBytes(part: string | number | Uint8Array): Uint8Array {
  if (typeof part === 'string') return Buffer.from(part, 'utf8');
  if (typeof part !== 'number') return part;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(part));
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
