import { z } from 'zod';
import { type PostcodeCountry, postcodeFormat, spacedAs } from '../formats/index.js';
import { type Kind, PLAIN } from './kind.js';

/** A postcode of one country. No `equals`: most countries have less than a hundred thousand. */
export function postcode(country: PostcodeCountry): Kind {
  const format = postcodeFormat(country);
  const schema = z
    .string()
    .max(16)
    .transform((text) => spacedAs(country, text))
    .refine((text) => format.slots(text) !== null);
  return {
    ...PLAIN,
    schema,
    parts: (text) => ({ text, country }),
    masks: ['first', 'country'],
    questions: ['same-country'],
    isOf: (_, asked) => asked === country,
    format,
  };
}
