/** Where a page ended, and over which size of the log the pages go. */
export interface EntryCursor {
  readonly size: number;
  /** milliseconds since 1970 of the last entry, which is `position` */
  readonly at: number;
  readonly position: number;
}

/** A text is no cursor, or one of a log that never was. */
export class CursorInvalid extends Error {
  override readonly name = 'CursorInvalid';
}

const BYTES = 24;
const END_OF_TIME = Date.parse('9999-12-31T00:00:00Z');

/** @returns 32 characters of base64url. Not signed: a forged one only begins elsewhere in what its bearer may read anyway. */
export function formatCursor({ size, at, position }: EntryCursor): string {
  const bytes = Buffer.alloc(BYTES);
  for (const [index, number] of [size, at, position].entries()) {
    bytes.writeBigUInt64BE(BigInt(number), index * 8);
  }
  return bytes.toString('base64url');
}

/** Reads what {@link formatCursor} writes, and no other spelling. @throws {CursorInvalid} */
export function parseCursor(text: string): EntryCursor {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== BYTES || bytes.toString('base64url') !== text) throw new CursorInvalid();
  const [size = NaN, at = NaN, position = NaN] = [0, 8, 16].map((offset) =>
    Number(bytes.readBigUInt64BE(offset)),
  );
  if (!Number.isSafeInteger(size) || position >= size || at >= END_OF_TIME) throw new CursorInvalid();
  return { size, at, position };
}
