import { z } from 'zod';
import { NATIONAL_IDS, type NationalIdScheme } from '../formats/index.js';
import { type Kind, PLAIN } from './kind.js';

/** A state's number for a person. No `equals`: who knows the birthday or the last four digits has few left to try. */
export function nationalId(scheme: NationalIdScheme): Kind {
  const format = NATIONAL_IDS[scheme];
  const schema = z
    .string()
    .max(40)
    .transform((text) => text.replace(/[\s./-]/g, '').toUpperCase())
    .refine((text) => format.slots(text) !== null);
  return { ...PLAIN, schema, masks: ['last'], format };
}
