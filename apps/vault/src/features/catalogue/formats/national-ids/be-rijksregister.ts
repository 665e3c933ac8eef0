import { daysAround } from '../days.js';
import type { Format } from '../format.js';
import { numbers, takeApart } from '../parts.js';

const serial = numbers(3, 1, 998);

/**
 * Rijksregisternummer, and the bis number of others (20 or 40 more in the month): birth date, serial number, and 97 less the remainder of
 * both; born from 2000 on, with a 2 in front of them. So the check digits say the century. Numbers without a whole birth date are refused.
 * Source: koninklijk besluit van 3 april 1984 betreffende de samenstelling van het identificatienummer.
 */
export const beRijksregister: Format = { slots: (value) => inCentury(value, 1900) ?? inCentury(value, 2000) };

function inCentury(value: string, century: number) {
  const month = Number(value.slice(2, 4));
  const addedToMonth = [40, 20].find((added) => month > added) ?? 0;
  const parts = [daysAround(century + Number(value.slice(0, 2)), { addedToMonth }), serial];
  return takeApart(value, parts, (body) => body + checkOf(century === 2000 ? `2${body}` : body));
}

function checkOf(digits: string): string {
  return String(97 - (Number(digits) % 97)).padStart(2, '0');
}
