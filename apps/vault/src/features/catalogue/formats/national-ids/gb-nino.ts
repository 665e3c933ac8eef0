import type { Format } from '../format.js';
import { digits, letter, oneOf, takeApart } from '../parts.js';

const FIRST = 'ABCEGHJKLMNOPRSTWXYZ';
const SECOND = 'ABCEGHJKLMNPRSTWXYZ';
const NEVER = new Set(['BG', 'GB', 'KN', 'NK', 'NT', 'TN', 'ZZ']);
const prefixes = [...FIRST]
  .flatMap((first) => [...SECOND].map((second) => first + second))
  .filter((prefix) => !NEVER.has(prefix));
const parts = [oneOf(prefixes), digits(6), letter('ABCD')];

/**
 * National Insurance number: two letters, six digits, a letter; no check digit.
 * Source: HM Revenue & Customs, National Insurance Manual NIM39110.
 */
export const gbNino: Format = { slots: (value) => takeApart(value, parts) };
