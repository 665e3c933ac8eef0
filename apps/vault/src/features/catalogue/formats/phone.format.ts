import { type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Format } from './format.js';
import { digits, firstDigit, kept, takeApart } from './parts.js';

/**
 * Telephone numbers in E.164 of the same country calling code and the same length, which is possible there. A token can be somebody's
 * number: whatever sends texts or calls must never be given tokens.
 */
export const phoneFormat: Format = {
  slots: (value) => {
    const number = asWritten(value);
    if (!number) return null;
    const { countryCallingCode: code, nationalNumber } = number;
    const rest = digits(nationalNumber.length - 1);
    const parts = [kept(`+${code}`), firstDigit(nationalNumber), rest];
    return takeApart(value, parts, (text) => (asWritten(text) ? text : null));
  },
};

/** Null also for digits that would be read as another number: after +1 a 1 is taken for the prefix of national calls. */
function asWritten(text: string): PhoneNumber | null {
  const number = parsePhoneNumberFromString(text);
  return number?.number === text && number.isPossible() ? number : null;
}
