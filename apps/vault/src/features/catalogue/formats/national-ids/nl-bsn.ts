import type { Format } from '../format.js';
import { digits, takeApart } from '../parts.js';

const parts = [digits(8)];

/**
 * Burgerservicenummer: nine digits, of which 9a + 8b + … + 2h − i is a multiple of eleven ("elfproef").
 * Source: Rijksdienst voor Identiteitsgegevens, Logisch Ontwerp BSN.
 */
export const nlBsn: Format = { slots: (value) => takeApart(value, parts, withLast) };

/** Null for one in eleven, whose last digit would be a ten, and for the number that is nothing but zeros. */
function withLast(body: string): string | null {
  const last = [...body].reduce((sum, digit, at) => sum + Number(digit) * (9 - at), 0) % 11;
  return last === 10 || Number(body) === 0 ? null : `${body}${last}`;
}
