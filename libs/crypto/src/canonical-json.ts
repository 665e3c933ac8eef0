export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Not JSON as two programs would write it alike: half a surrogate pair, or a number that JSON has no text for. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';
}

/**
 * Writes JSON in the one form of RFC 8785 (JCS): keys sorted by their UTF-16 code units, no blanks, numbers and texts as
 * ECMAScript writes them. Equal values give equal text, whoever writes them.
 * @throws {NotCanonical}
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new NotCanonical('not a number of JSON');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${textOf(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join()}}`;
}

// RFC 8785, section 3.2.2.2: a lone surrogate ends the writing. JSON.stringify would write it as an escape.
function textOf(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new NotCanonical('half a surrogate pair');
  return JSON.stringify(text);
}

// Array.isArray does not tell a readonly list from an object.
function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
