import type { IdentityField, IdentityFields } from '@integument/contracts';

/** characters that a text has at least of which the first is shown */
const INITIAL_OF = 4;

/** What the vault knows about a kind of identity value. */
export interface FieldRule<Value = unknown> {
  /** The form in which equal values are equal; absent where the field is not searchable. */
  readonly normalise?: (value: Value) => string;
  /** What may be shown without a reason. */
  readonly mask: (value: Value) => string;
}

export const CATALOGUE: { readonly [F in IdentityField]: FieldRule<IdentityFields[F]> } = {
  email: {
    normalise: (email) => email.toLowerCase(),
    mask: (email) => {
      const at = email.lastIndexOf('@');
      return `${initialOnly(email.slice(0, at))}${email.slice(at)}`;
    },
  },
  phone: { normalise: (phone) => phone, mask: (phone) => `•••${phone.slice(-2)}` },
  given_name: { mask: initialOnly },
  family_name: { mask: initialOnly },
  birth_date: { mask: (day) => `${day.slice(0, 4)}-••-••` },
  postal_address: { mask: (address) => `•••, ${address.country}` },
  account_id: {
    normalise: (account) => account,
    mask: (account) => `•••${tail(account)}`,
  },
};

/** Text that is sealed: strings as they are, anything else as JSON. */
export function toText(value: IdentityFields[IdentityField]): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function fromText<F extends IdentityField>(field: F, text: string): IdentityFields[F] {
  return (field === 'postal_address' ? JSON.parse(text) : text) as IdentityFields[F];
}

export function maskText(field: IdentityField, text: string): string {
  return (CATALOGUE[field] as FieldRule).mask(fromText(field, text));
}

function initialOnly(name: string): string {
  return `${initial(name)}•••`;
}

/** None of a short text: of "Li" it would be half. */
function initial(text: string): string {
  const characters = [...text];
  return characters.length < INITIAL_OF ? '' : (characters[0] ?? '');
}

/** Two characters at most, and never more than a quarter of a short value. */
function tail(text: string): string {
  const shown = Math.min(2, Math.floor(text.length / 4));
  return shown === 0 ? '' : text.slice(-shown);
}
