import type { IdentityField, IdentityFields } from '@integument/contracts';
import { type Mask, type Maskable, maskOf, parseMask } from './mask.js';

/** What the vault knows about a kind of identity value. */
export interface FieldRule<Value = unknown> {
  /** The form in which equal values are equal; absent where the field is not searchable. */
  readonly normalise?: (value: Value) => string;
  /** What may be shown without a reason. */
  readonly mask: Mask;
  readonly parts: (value: Value) => Maskable;
}

const whole = (text: string): Maskable => ({ text });

export const CATALOGUE: { readonly [F in IdentityField]: FieldRule<IdentityFields[F]> } = {
  email: {
    normalise: (email) => email.toLowerCase(),
    mask: parseMask('first:1 domain'),
    parts: (email) => {
      const at = email.lastIndexOf('@');
      return { text: email.slice(0, at), domain: email.slice(at + 1) };
    },
  },
  phone: { normalise: (phone) => phone, mask: parseMask('last:2'), parts: whole },
  given_name: { mask: parseMask('first:1'), parts: whole },
  family_name: { mask: parseMask('first:1'), parts: whole },
  birth_date: { mask: parseMask('year'), parts: (day) => ({ text: day, year: day.slice(0, 4) }) },
  postal_address: {
    mask: parseMask('country'),
    parts: ({ lines, country }) => ({ text: lines.join(', '), country }),
  },
  account_id: { normalise: (account) => account, mask: parseMask('last:2'), parts: whole },
  // One of a few: what a mask left of it would be all of it.
  language: { mask: parseMask('hidden'), parts: whole },
};

/** Text that is sealed: strings as they are, anything else as JSON. */
export function toText(value: IdentityFields[IdentityField]): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function fromText<F extends IdentityField>(field: F, text: string): IdentityFields[F] {
  return (field === 'postal_address' ? JSON.parse(text) : text) as IdentityFields[F];
}

export function maskText(field: IdentityField, text: string): string {
  const { mask, parts } = CATALOGUE[field] as FieldRule;
  return maskOf(mask, parts(fromText(field, text)));
}
