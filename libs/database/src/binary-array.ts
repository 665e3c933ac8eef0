/**
 * PostgreSQL's binary array format, one dimension, for parameters of bulk statements. node-pg would write each element
 * as escaped text or hex; a Buffer it sends as it is. Use with an explicit cast: `$1::bytea[]`.
 * Source: array_recv in PostgreSQL's src/backend/utils/adt/arrayfuncs.c.
 */

const OID_BYTEA = 17;
const OID_TEXT = 25;
const OID_INT2 = 21;
const OID_INT4 = 23;

/** `bytea[]`; null elements allowed. */
export function byteaArray(values: readonly (Uint8Array | null)[]): Buffer {
  return encode(OID_BYTEA, values);
}

/** `text[]`; null elements allowed. */
export function textArray(values: readonly (string | null)[]): Buffer {
  // A column of a bulk statement often has the same few words in all its rows.
  let [before, bytes]: [string | null, Buffer | null] = [null, null];
  return encode(
    OID_TEXT,
    values.map((value) => {
      if (value !== before) [before, bytes] = [value, value === null ? null : Buffer.from(value, 'utf8')];
      return bytes;
    }),
  );
}

/** `int2[]`; null elements allowed. */
export function int2Array(values: readonly (number | null)[]): Buffer {
  return encode(
    OID_INT2,
    values.map((value) => integer(value, 2)),
  );
}

/** `int4[]`; null elements allowed. */
export function int4Array(values: readonly (number | null)[]): Buffer {
  return encode(
    OID_INT4,
    values.map((value) => integer(value, 4)),
  );
}

/** @throws {RangeError} */
function integer(value: number | null, length: 2 | 4): Buffer | null {
  if (value === null) return null;
  const bytes = Buffer.allocUnsafe(length);
  bytes.writeIntBE(value, 0, length);
  return bytes;
}

function encode(elementType: number, elements: readonly (Uint8Array | null)[]): Buffer {
  if (elements.length === 0) return header(0, 0, elementType, 0).subarray(0, 12);
  let size = 20;
  for (const element of elements) size += 4 + (element?.length ?? 0);
  const out = Buffer.allocUnsafe(size);
  header(1, elements.includes(null) ? 1 : 0, elementType, elements.length).copy(out);
  let at = 20;
  for (const element of elements) {
    at = out.writeInt32BE(element ? element.length : -1, at);
    if (!element) continue;
    out.set(element, at);
    at += element.length;
  }
  return out;
}

function header(dimensions: number, hasNull: number, elementType: number, length: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32BE(dimensions, 0);
  bytes.writeInt32BE(hasNull, 4);
  bytes.writeInt32BE(elementType, 8);
  bytes.writeInt32BE(length, 12);
  bytes.writeInt32BE(1, 16); // lower bound
  return bytes;
}
