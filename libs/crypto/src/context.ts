/**
 * Encodes a list of parts so that no two different lists give the same bytes: each part is preceded by its length.
 * This is what binds a ciphertext to its place (table, owner, field, key version); a bare join would let
 * ("ab", "c") pass for ("a", "bc").
 *
 * Shape: count (u32 LE), then for each part its byte length (u32 LE) and its bytes. Text is UTF-8, a number is 8 bytes BE.
 * Source: the pre-authentication encoding of PASETO, with 32-bit lengths.
 */
export function context(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  let size = 4;
  for (const part of parts) size += 4 + sizeOf(part);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt32LE(parts.length);
  for (const part of parts) {
    const length = sizeOf(part);
    at = bytes.writeUInt32LE(length, at);
    if (typeof part === 'string') bytes.write(part, at, 'utf8');
    else if (typeof part === 'number') bytes.writeBigInt64BE(BigInt(part), at);
    else bytes.set(part, at);
    at += length;
  }
  return bytes;
}

/**
 * For many lists of which only one part differs: all others are encoded once.
 * @param length of the part that differs, bytes; it stands between `before` and `after`
 * @returns what {@link context} gives for the list with this part. @throws RangeError for a part of another length
 */
export function contextOf(
  before: readonly string[],
  length: number,
  after: readonly string[],
): (part: Uint8Array) => Buffer {
  const template = context(...before, Buffer.alloc(length), ...after);
  const at = before.reduce((size, part) => size + 4 + sizeOf(part), 8);
  return (part) => {
    if (part.length !== length) throw new RangeError(`a part of ${part.length} bytes in place of ${length}`);
    const bytes = Buffer.allocUnsafe(template.length);
    bytes.set(template);
    bytes.set(part, at);
    return bytes;
  };
}

function sizeOf(part: string | number | Uint8Array): number {
  if (typeof part === 'string') return Buffer.byteLength(part, 'utf8');
  return typeof part === 'number' ? 8 : part.length;
}
