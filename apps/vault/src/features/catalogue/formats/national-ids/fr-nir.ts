import type { Format } from '../format.js';
import { digits, listed, numbers, oneOf, takeApart } from '../parts.js';

// The months, and what stands there where the month is not known: 20, 30 to 42, and from 50 on.
const isMonth = (number: number) =>
  number <= 12 || number === 20 || (number >= 30 && number <= 42) || number >= 50;
const month = listed(1, 99, (number) => (isMonth(number) ? String(number).padStart(2, '0') : null));
const departments = [
  ...Array.from({ length: 99 }, (_, before) => String(before + 1).padStart(2, '0')),
  '2A',
  '2B',
];
const parts = [
  oneOf(['1', '2']),
  digits(2),
  month,
  oneOf(departments),
  numbers(3, 1, 999),
  numbers(3, 1, 999),
];

/**
 * Numéro d'inscription au répertoire: sex, year and month of birth, department, commune, order; and a key of two digits.
 * Of persons in the register alone: provisional numbers (3, 4, 7 or 8 in front) are refused.
 * Source: INSEE, "Numéro de sécurité sociale"; décret n° 82-103. In the key 2A counts as 19 and 2B as 18.
 */
export const frNir: Format = { slots: (value) => takeApart(value, parts, withKey) };

function withKey(body: string): string {
  const number = Number(body.replace('2A', '19').replace('2B', '18'));
  return `${body}${String(97 - (number % 97)).padStart(2, '0')}`;
}
