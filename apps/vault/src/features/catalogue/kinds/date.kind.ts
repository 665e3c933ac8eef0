import { z } from 'zod';
import { type Kind, PLAIN } from './kind.js';

/** A day, ISO 8601. No `equals`: nobody is older than 45,000 days. */
export const date: Kind = {
  ...PLAIN,
  schema: z.iso.date(),
  parts: (text) => ({ text, year: text.slice(0, 4) }),
  masks: ['year'],
  questions: ['at-least-years', 'at-most-years', 'of-consent-age'],
};
