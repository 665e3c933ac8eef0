import {
  fieldOf,
  isExact,
  type SearchPart,
  type SearchParts,
  type SearchWhere,
  type SomeIdentityFields,
} from '@integument/contracts';
import { CATALOGUE } from './identity-fields.js';

/** What the vault knows about a part of a field that people can be searched by. */
export interface PartRule<P extends SearchPart = SearchPart> {
  /** The form in which equal parts are equal, of what was asked for. */
  readonly asked: (value: SearchParts[P]) => string;
  /** The same of what somebody has; null where they have no such part. */
  readonly had: (fields: SomeIdentityFields) => string | null;
  /**
   * How many values there can be at most, as their binary logarithm: a digest of more bits tells no more. By what the contract lets in, never by
   * what is usual, so that nobody's values make it wrong. Infinite where there is no end of them: then the digest's bits say it all.
   */
  readonly bits: number;
}

const ENDLESS = Number.POSITIVE_INFINITY;
const same = (text: string) => text;
const lower = (text: string) => text.toLowerCase();

/** One form of a name: `STRASSE` is `straße`, `Müller` isn't `Muller`. */
function nameFolded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** With its marks: of `É`, written in two characters, not the bare letter. */
const initialOf = (name: string) => /^.\p{M}*/su.exec(nameFolded(name))?.[0] ?? '';

/** Without blanks and hyphens, which people write as they like. */
function areaOf({ postal_address: address }: SomeIdentityFields): string | null {
  const postcode = address?.postcode?.toUpperCase().replace(/[^A-Z0-9]/g, '') ?? '';
  return address && postcode.length >= 2 ? `${address.country} ${postcode.slice(0, 2)}` : null;
}

function whole<P extends SearchPart & keyof SomeIdentityFields>(
  part: P,
  form: (value: string) => string,
  bits = ENDLESS,
): PartRule<P> {
  const had = ({ [part]: value }: SomeIdentityFields) => (value === undefined ? null : form(value));
  return { asked: form, had, bits };
}

/** A part of a field that is text. */
function partOf<P extends SearchPart>(
  part: P,
  form: (text: string) => string | null,
  asked: PartRule<P>['asked'],
  bits = ENDLESS,
): PartRule<P> {
  const field = fieldOf(part);
  const had = ({ [field]: text }: SomeIdentityFields) => (typeof text === 'string' ? form(text) : null);
  return { asked, had, bits };
}

const normal = (field: 'email' | 'phone' | 'account_id') => whole(field, CATALOGUE[field].normalise ?? same);

/** 1900 to 2099. */
const YEARS = 200;

export const PARTS: { readonly [P in SearchPart]: PartRule<P> } = {
  email: normal('email'),
  phone: normal('phone'),
  account_id: normal('account_id'),
  given_name: whole('given_name', nameFolded),
  family_name: whole('family_name', nameFolded),
  birth_date: whole('birth_date', same, Math.log2(YEARS * 366)),
  'email:domain': partOf('email:domain', (email) => lower(email.slice(email.lastIndexOf('@') + 1)), lower),
  'phone:last4': partOf('phone:last4', (phone) => phone.slice(-4), same, Math.log2(10_000)),
  // Of any script: nobody can say of how many letters people's names begin with.
  'given_name:initial': partOf('given_name:initial', initialOf, initialOf),
  'family_name:initial': partOf('family_name:initial', initialOf, initialOf),
  'birth_date:year': partOf('birth_date:year', (day) => day.slice(0, 4), String, Math.log2(YEARS)),
  'postal_address:country': {
    asked: same,
    had: ({ postal_address }) => postal_address?.country ?? null,
    // Two capitals, as the contract takes them; ISO 3166-1 has assigned 249.
    bits: Math.log2(26 * 26),
  },
  'postal_address:area': { asked: same, had: areaOf, bits: Math.log2(26 * 26 * 36 * 36) },
};

export function partsAsked(where: SearchWhere): SearchPart[] {
  return Object.keys(where) as SearchPart[];
}

/** What was asked for of a part, in the form in which equal parts are equal. */
export function askedOf(where: SearchWhere, part: SearchPart): string {
  return (PARTS[part] as PartRule).asked(where[part] as never);
}

/** Whether somebody is whom a search is for: to the letter, whatever an index said. */
export function fits(fields: SomeIdentityFields, where: SearchWhere): boolean {
  return partsAsked(where).every((part) => PARTS[part].had(fields) === askedOf(where, part));
}

/** A search by anything else than names of somebody goes through people rather than to one. */
export function isCoarse(where: SearchWhere): boolean {
  return !partsAsked(where).every(isExact);
}
