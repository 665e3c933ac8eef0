import { z } from 'zod';
import { type CardKeeps, cardFormat } from '../formats/index.js';
import { type Kind, PLAIN } from './kind.js';

const any = cardFormat([]);

const schema = z
  .string()
  .max(40)
  .transform((text) => text.replace(/[ -]/g, ''))
  .refine((text) => any.slots(text) !== null);

/** A payment card's number. No `equals`: with the ends that receipts show, a hundred thousand are left to try. */
export function card(keep: readonly CardKeeps[]): Kind {
  return { ...PLAIN, schema, masks: ['first', 'last'], format: cardFormat(keep) };
}
