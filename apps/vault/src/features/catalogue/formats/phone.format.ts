import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Format } from './format.js';
import { digits, kept, takeApart } from './parts.js';

/**
 * Telephone numbers in E.164 of the same country calling code and the same length, which is possible there. The first digit of the national
 * number is kept: another could be the prefix of national calls, so that the rest would be read as a shorter number. A token can be
 * somebody's number: whatever sends texts or calls must never be given tokens.
 */
export const phoneFormat: Format = {
  slots: (value) => {
    const number = asWritten(value);
    if (!number) return null;
    const { countryCallingCode: code, nationalNumber } = number;
    return takeApart(value, [kept(`+${code}${nationalNumber[0]}`), digits(nationalNumber.length - 1)]);
  },
  passes: (token) => asWritten(token) !== null,
};

/** Null for what there cannot be, and for digits that are read as another number. */
function asWritten(text: string): PhoneNumber | null {
  const number = parsePhoneNumberFromString(text);
  return number?.number === text && number.isPossible() ? number : null;
}
