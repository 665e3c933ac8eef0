import { z } from 'zod';
import { type Kind, PLAIN } from './kind.js';

const MOST_CHARACTERS = 4_096;

/** Free text, kept to the byte. Half of a surrogate pair is none: UTF-8 has no bytes for it. */
export const text: Kind = {
  ...PLAIN,
  schema: z
    .string()
    .min(1)
    // In units of UTF-16, so that nothing enormous is counted by characters.
    .max(2 * MOST_CHARACTERS)
    .refine((text) => [...text].length <= MOST_CHARACTERS && !/\p{Cs}/u.test(text)),
  normalise: (text) => text.normalize('NFC'),
};
