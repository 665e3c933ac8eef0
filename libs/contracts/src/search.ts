import { z } from 'zod';
import {
  type IdentityField,
  identityCallers,
  identityFields,
  maskedPerson,
  SEARCHABLE_FIELDS,
} from './people.js';
import { type BodyOf, defineRoute } from './route.js';

const { email, phone, account_id, given_name, family_name, birth_date, postal_address } =
  identityFields.shape;

const domain = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/)
  .describe('All that stands behind the @');
const year = z.int().min(1900).max(2099);
const initial = z
  .string()
  .refine((text) => [...text.normalize('NFC')].length === 1 && /^[\p{L}\p{N}]\p{M}*$/u.test(text))
  .describe('The first character, in any case');
const area = z
  .string()
  .regex(/^[A-Z]{2} [A-Z0-9]{2}$/)
  .describe('Country and the first two characters of the postcode: `DE 10`, `GB SW`');
const last4 = z.string().regex(/^\d{4}$/);

/**
 * What people can be searched by: a field whole, or a part of one. Under a name without a colon stands the field itself. Which of them an
 * installation can search by, besides those of {@link isExact}, its catalogue declares.
 */
export const searchParts = z.strictObject({
  email,
  phone,
  account_id,
  given_name,
  family_name,
  birth_date,
  'email:domain': domain,
  'phone:last4': last4,
  'given_name:initial': initial,
  'family_name:initial': initial,
  'birth_date:year': year,
  'postal_address:country': postal_address.shape.country,
  'postal_address:area': area,
});
export type SearchParts = z.output<typeof searchParts>;
export type SearchPart = keyof SearchParts;
export const SEARCH_PARTS = Object.keys(searchParts.shape) as [SearchPart, ...SearchPart[]];

export function fieldOf(part: SearchPart): IdentityField {
  return part.split(':')[0] as IdentityField;
}

const EXACT: ReadonlySet<string> = new Set(SEARCHABLE_FIELDS);

/** Whether a part is a field that names somebody by itself: those have an index of whole values, everywhere and always. */
export function isExact(part: SearchPart): part is (typeof SEARCHABLE_FIELDS)[number] {
  return EXACT.has(part);
}

export const searchWhere = searchParts.partial().refine((where) => Object.keys(where).length > 0);
export type SearchWhere = z.output<typeof searchWhere>;

/** People in one answer. */
export const FOUND_MAX = 50;

export const searchPeople = defineRoute({
  id: 'people.search',
  method: 'POST',
  path: '/v1/people/search',
  routeClass: 'reveal',
  summary:
    'Find people by the exact value of a field, or by all of several; by parts of fields where the catalogue declares them, for which staff need a fresh factor',
  tag: 'People',
  audience: identityCallers,
  ability: { action: 'read', resource: 'Person' },
  body: z.discriminatedUnion('field', [
    z.strictObject({ field: z.literal('email'), value: email }),
    z.strictObject({ field: z.literal('phone'), value: phone }),
    z.strictObject({ field: z.literal('account_id'), value: account_id }),
    z.strictObject({ field: z.undefined().optional(), where: searchWhere }),
  ]),
  reply: z.object({
    people: z.array(maskedPerson).max(FOUND_MAX),
    more: z.boolean().describe('There are, or may be, others who fit. Give more fields'),
  }),
  problems: ['people.not_searchable', 'people.search_not_ready', 'auth.step_up_required'],
});

/** A search by one field, as it is written for short, is one by a list of one. */
export function whereOf(body: BodyOf<typeof searchPeople>): SearchWhere {
  return 'where' in body ? body.where : { [body.field]: body.value };
}
