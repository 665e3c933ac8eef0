import type { Format } from '../format.js';
import { listed, numbers, takeApart } from '../parts.js';

// Neither 000 nor 666, and from 900 on they are numbers of taxpayers without one.
const area = listed(1, 899, (number) => (number === 666 ? null : String(number).padStart(3, '0')));
const parts = [area, numbers(2, 1, 99), numbers(4, 1, 9_999)];

/**
 * Social Security number: area, group and serial number, no check digit.
 * Source: Social Security Administration, POMS RM 10201.035, "Invalid Social Security Numbers".
 */
export const usSsn: Format = { slots: (value) => takeApart(value, parts) };
