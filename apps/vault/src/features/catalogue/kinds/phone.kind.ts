import { phoneNumber } from '@integument/contracts';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { phoneFormat } from '../formats/index.js';
import { type Kind, PLAIN } from './kind.js';

export const phone: Kind = {
  ...PLAIN,
  schema: phoneNumber,
  masks: ['first', 'last'],
  questions: ['same-country', 'equals'],
  // Calling codes are shared (+1, +44, +7): a number that could be of several countries is said to be of none.
  isOf: (text, country) => parsePhoneNumberFromString(text)?.country === country,
  format: phoneFormat,
};
