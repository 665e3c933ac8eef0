import { daysAround } from '../days.js';
import type { Format } from '../format.js';
import { digits, takeApart } from '../parts.js';

const WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3];
/** What is added to the month says the century. */
const CENTURIES = new Map([
  [80, 1800],
  [0, 1900],
  [20, 2000],
  [40, 2100],
  [60, 2200],
]);
const serial = digits(4);

/**
 * PESEL: birth date, four digits, and one that makes the weighted sum end in zero.
 * Source: ustawa z dnia 24 września 2010 r. o ewidencji ludności, art. 15; gov.pl, "Czym jest numer PESEL".
 */
export const plPesel: Format = {
  slots: (value) => {
    const addedToMonth = Math.floor(Number(value.slice(2, 4)) / 20) * 20;
    const century = CENTURIES.get(addedToMonth);
    if (century === undefined) return null;
    const day = daysAround(century + Number(value.slice(0, 2)), { addedToMonth });
    return takeApart(value, [day, serial], withLast);
  },
};

function withLast(body: string): string {
  const sum = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(body[at]), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}
