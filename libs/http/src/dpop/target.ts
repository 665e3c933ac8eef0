const ENCODED = /%[0-9a-f]{2}/gi;
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
/** What a URL parser mends in silence: such a text is no URI, so it names no place. */
const NO_URI = /[^\x21-\x7e]|[\\"<>^`{|}]/;

/**
 * The place that a URI names, so that two ways to write it compare as one: without query and fragment (RFC 9449,
 * section 4.3), case, default port, dots and needless escapes taken away (RFC 3986, sections 6.2.2 and 6.2.3).
 * @returns null for what is no http or https URI, or names a user
 */
export function targetOf(uri: string): string | null {
  if (NO_URI.test(uri) || !URL.canParse(uri)) return null;
  const url = new URL(uri);
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null;
  return url.origin + url.pathname.replace(ENCODED, unescaped);
}

function unescaped(escaped: string): string {
  const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
  return UNRESERVED.test(character) ? character : escaped.toUpperCase();
}
