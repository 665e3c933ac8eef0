import { z } from 'zod';
import { CARD_KEEPS, NATIONAL_ID_SCHEMES, POSTCODE_COUNTRIES } from '../formats/index.js';
import { card } from './card.kind.js';
import { date } from './date.kind.js';
import { email } from './email.kind.js';
import type { Kind } from './kind.js';
import { account, line, name } from './line.kind.js';
import { nationalId } from './national-id.kind.js';
import { phone } from './phone.kind.js';
import { address } from './postal-address.kind.js';
import { postcode } from './postcode.kind.js';
import { text } from './text.kind.js';

const SIMPLE = {
  email,
  phone,
  name,
  line,
  text,
  date,
  'postal-address': address,
  account,
} as const satisfies Readonly<Record<string, Kind>>;
const SIMPLE_KINDS = Object.keys(SIMPLE) as [keyof typeof SIMPLE, ...(keyof typeof SIMPLE)[]];

/** How a field of the catalogue says what its values are. */
export const kindDeclaration = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(SIMPLE_KINDS) }),
  z.strictObject({
    kind: z.literal('card'),
    keep: z
      .array(z.enum(CARD_KEEPS))
      .max(CARD_KEEPS.length)
      .refine((keep) => new Set(keep).size === keep.length)
      .default([])
      .describe('What of a number its format-preserving token shows'),
  }),
  z.strictObject({ kind: z.literal('national-id'), scheme: z.enum(NATIONAL_ID_SCHEMES) }),
  z.strictObject({ kind: z.literal('postcode'), country: z.enum(POSTCODE_COUNTRIES) }),
]);
export type KindDeclaration = z.output<typeof kindDeclaration>;
/** What the vault knows about the values of a field. To be made once for each field, and kept. */
export function kindOf(declaration: KindDeclaration): Kind {
  switch (declaration.kind) {
    case 'card':
      return card(declaration.keep);
    case 'national-id':
      return nationalId(declaration.scheme);
    case 'postcode':
      return postcode(declaration.country);
    default:
      return SIMPLE[declaration.kind];
  }
}
