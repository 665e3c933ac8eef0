import { daysAround } from '../days.js';
import type { Format } from '../format.js';
import { luhnDigit } from '../luhn.js';
import { kept, numbers, type Part, takeApart } from '../parts.js';

const SAMORDNING = 60;
const serial = numbers(3, 1, 999);

/**
 * Personnummer and samordningsnummer (60 more in the day) in twelve digits: of ten the century can only be guessed. The check digit is
 * Luhn's over the last ten.
 * Source: Skatteverket, SKV 704 and SKV 707; folkbokföringslagen (1991:481), 18 and 18 a §.
 */
export const sePersonnummer: Format = {
  slots: (value) => takeApart(value, partsOf(value), (body) => body + luhnDigit(`${body.slice(2)}0`)),
};

function partsOf(value: string): Part[] {
  const addedToDay = Number(value.slice(6, 8)) > SAMORDNING ? SAMORDNING : 0;
  const year = Number(value.slice(0, 4));
  return [kept(year < 2000 ? '19' : '20'), daysAround(year, { addedToDay }), serial];
}
