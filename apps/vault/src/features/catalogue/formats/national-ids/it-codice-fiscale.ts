import type { Format } from '../format.js';
import { digits, letter, listed, type Part, takeApart } from '../parts.js';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Two people with one code are told apart by letters in place of some of its digits. */
const DISGUISES = 'LMNPQRSTUV';
/** What a character counts at the odd places; at the even ones a digit counts as itself and a letter by its place in the alphabet. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
const anyLetter = letter(LETTERS);
const MONTHS = 'ABCDEHLMPRST';
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const month = letter(MONTHS);
const day = listed(1, 71, (number) => (number > 31 && number < 41 ? null : String(number).padStart(2, '0')));

/**
 * Codice fiscale of a person: six letters of the name, year, month and day of birth (40 more for women), place, and a check letter.
 * Source: decreto del Ministro delle finanze 23 dicembre 1976 (Gazzetta Ufficiale n. 345/1976); Agenzia delle Entrate, "Il codice fiscale".
 */
export const itCodiceFiscale: Format = {
  slots: (value) => takeApart(value, partsOf(value), withCheck),
};

/** A token has letters in place of digits where the value has them. */
function partsOf(value: string): Part[] {
  const year = disguisedAs(value.slice(6, 8), digits(2));
  const born = disguisedAs(value.slice(9, 11), day);
  const place = disguisedAs(value.slice(12, 15), digits(3));
  return [...Array<Part>(6).fill(anyLetter), year, month, born, anyLetter, place];
}

function disguisedAs(example: string, part: Part): Part {
  const letters = [...example].map((char) => DISGUISES.includes(char));
  if (!letters.includes(true)) return part;
  const disguise = (digit: string, at: number) => (letters[at] ? (DISGUISES[Number(digit)] ?? '') : digit);
  const reveal = (char: string, at: number) => (letters[at] ? String(DISGUISES.indexOf(char)) : char);
  return {
    ...part,
    read: (text) => part.read([...text].map(reveal).join('')),
    write: (index) => [...part.write(index)].map(disguise).join(''),
  };
}

/** Null for a day that its month does not have; in a year of two digits the 29th of February may be one. */
function withCheck(body: string): string | null {
  const [year, day] = [body.slice(6, 8), body.slice(9, 11)].map((text) => Number(undisguised(text)));
  const last = DAYS[MONTHS.indexOf(body.charAt(8))] ?? 0;
  const leap = last < 30 && (year ?? 0) % 4 === 0 ? 1 : 0;
  return (day ?? 0) % 40 > last + leap ? null : body + checkOf(body);
}

function undisguised(text: string): string {
  return [...text].map((char) => (DISGUISES.includes(char) ? DISGUISES.indexOf(char) : char)).join('');
}

function checkOf(body: string): string {
  const sum = [...body].reduce((sum, char, at) => {
    const value = /[0-9]/.test(char) ? Number(char) : LETTERS.indexOf(char);
    return sum + (at % 2 === 0 ? (ODD[value] ?? 0) : value);
  }, 0);
  return LETTERS[sum % 26] ?? '';
}
