import type { Format } from '../format.js';
import { digits, letter, takeApart } from '../parts.js';

const CHECK = 'TRWAGMYFPDXBNJZSQVHLCKE';
const citizen = [digits(8)];
const foreigner = [letter('XYZ'), digits(7)];

/**
 * DNI: eight digits and a letter by their remainder of 23. NIE, of foreigners: X, Y or Z, which counts as 0, 1 or 2, in place of the first digit.
 * Source: Ministerio del Interior, "Cálculo del dígito de control del NIF/NIE"; Real Decreto 1553/2005, art. 11.
 */
export const esDni: Format = {
  slots: (value) => takeApart(value, /^[XYZ]/.test(value) ? foreigner : citizen, withLetter),
};

function withLetter(body: string): string {
  const number = Number(body.replace(/^[XYZ]/, (first) => String('XYZ'.indexOf(first))));
  return `${body}${CHECK[number % 23]}`;
}
