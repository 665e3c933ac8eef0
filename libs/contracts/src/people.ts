import { z } from 'zod';
import { dayOf } from './days.js';
import { clientPseudonym } from './ids.js';
import { LANGUAGES } from './languages.js';
import { regionCode } from './regions.js';
import { defineRoute } from './route.js';
import { emailAddress, oneLine, phoneNumber, postalAddress, toldAddress } from './values.js';

const MAX_PEOPLE = 1_000;

const birthDate = z.iso.date().refine((day) => day >= '1900-01-01' && day <= dayOf(Date.now()));

/** The identity fields a person can have. The vault's catalogue adds normaliser and mask to each. */
export const identityFields = z.strictObject({
  email: emailAddress,
  phone: phoneNumber,
  given_name: oneLine(100),
  family_name: oneLine(100),
  birth_date: birthDate,
  postal_address: postalAddress,
  account_id: oneLine(128),
  language: z.enum(LANGUAGES).describe('What letters are written in (BCP 47)'),
});
export type IdentityFields = z.output<typeof identityFields>;
export type IdentityField = keyof IdentityFields;
export const IDENTITY_FIELDS = Object.keys(identityFields.shape) as [IdentityField, ...IdentityField[]];
/** ISO 27559: does the value alone point at somebody, or only together with others? */
export const SENSITIVITIES = ['direct', 'indirect'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];
/** What rules about a reveal, and trials of them, mean by its category. */
export const SENSITIVITY_OF: Readonly<Record<IdentityField, Sensitivity>> = {
  email: 'direct',
  phone: 'direct',
  given_name: 'indirect',
  family_name: 'indirect',
  birth_date: 'indirect',
  postal_address: 'direct',
  account_id: 'direct',
  language: 'indirect',
};
export const SEARCHABLE_FIELDS = ['email', 'phone', 'account_id'] as const satisfies readonly IdentityField[];

const someFields = identityFields.partial();
export type SomeIdentityFields = z.output<typeof someFields>;

/** Values as they are told: no limit of today keeps back what was let in by another. */
const toldFields: z.ZodType<SomeIdentityFields, SomeIdentityFields> = z
  .object({
    email: z.string(),
    phone: z.string(),
    given_name: z.string(),
    family_name: z.string(),
    birth_date: z.string(),
    postal_address: toldAddress,
    account_id: z.string(),
    language: z.enum(LANGUAGES),
  } satisfies Record<IdentityField, z.ZodType>)
  .partial();

export const enrolment = z.strictObject({
  fields: someFields.refine((fields) => Object.keys(fields).length > 0),
  account: z
    .strictObject({ subject: z.string().min(1).max(255) })
    .optional()
    .describe('The account at the OpenID provider that will sign in as this person'),
  region: regionCode.optional(),
});
export type Enrolment = z.output<typeof enrolment>;

export const REVEAL_PURPOSES = [
  'delivery',
  'support',
  'safety-notice',
  'rights-request',
  'legal-obligation',
] as const;
export type RevealPurpose = (typeof REVEAL_PURPOSES)[number];
export const REVEAL_FORMS = ['plain', 'masked'] as const;
export type RevealForm = (typeof REVEAL_FORMS)[number];

/** Why, in a form that cannot carry a name or an address into the audit log. */
export const reason = z.strictObject({
  code: z.enum(['customer-request', 'order', 'safety', 'rights-request', 'legal', 'break-glass']),
  reference: z
    .string()
    .regex(/^[A-Z]{1,8}-\d{1,12}$/)
    .describe('Ticket, order or case number, such as CASE-1042'),
});
export type Reason = z.output<typeof reason>;

const personParams = z.strictObject({ person: clientPseudonym });
const masked = z.record(z.enum(IDENTITY_FIELDS), z.string().optional());
export const maskedPerson = z.object({ person: clientPseudonym, masked, region: regionCode.nullable() });

/** Who has to do with people one by one. */
export const identityCallers = ['identity-client', 'staff'] as const;

export const enrolPerson = defineRoute({
  id: 'people.enrol',
  method: 'POST',
  path: '/v1/people',
  summary: 'Enrol a person; the answer is the name this client knows them by',
  tag: 'People',
  audience: ['identity-client'],
  ability: { action: 'enrol', resource: 'Person' },
  body: enrolment,
  status: 201,
  reply: z.object({ person: clientPseudonym }),
  problems: ['people.account_taken'],
});

export const enrolPeople = defineRoute({
  id: 'people.enrol_batch',
  method: 'POST',
  path: '/v1/people/batch',
  routeClass: 'bulk',
  summary: 'Enrol up to 1,000 people; each is answered for itself',
  tag: 'People',
  audience: ['identity-client'],
  ability: { action: 'enrol', resource: 'Person' },
  body: z.strictObject({
    // Entries are checked one by one, so that a wrong one does not fail its neighbours.
    people: z.array(z.unknown()).min(1).max(MAX_PEOPLE).describe('Each as the body of a single enrolment'),
  }),
  status: 201,
  bodyLimit: 4 * 1024 * 1024,
  reply: z.object({
    enrolled: z.int(),
    refused: z.int(),
    results: z.array(
      z.union([
        z.object({ person: clientPseudonym }),
        z.object({
          code: z.enum(['people.account_taken', 'request.invalid', 'auth.forbidden']),
          fields: z.array(z.string()).optional(),
        }),
      ]),
    ),
  }),
  problems: ['people.account_taken'],
});

export const readPerson = defineRoute({
  id: 'people.read',
  method: 'GET',
  path: '/v1/people/:person',
  summary: 'Read a person with every value masked',
  tag: 'People',
  audience: identityCallers,
  ability: { action: 'read', resource: 'Person' },
  params: personParams,
  reply: maskedPerson.extend({
    undeliverable: z.boolean().describe('A letter to the email that stands there came back'),
  }),
  problems: ['people.not_found', 'people.broken'],
});

export const updatePerson = defineRoute({
  id: 'people.update',
  method: 'PATCH',
  path: '/v1/people/:person',
  summary:
    'Replace some identity fields, or the region; null removes one. The answer has no masks where the rules of reading say no',
  tag: 'People',
  audience: ['identity-client'],
  ability: { action: 'update', resource: 'Person' },
  params: personParams,
  body: z
    .strictObject({
      region: regionCode.nullable().optional(),
      fields: z
        .strictObject(
          Object.fromEntries(
            Object.entries(identityFields.shape).map(([name, schema]) => [
              name,
              schema.nullable().optional(),
            ]),
          ) as { [F in IdentityField]: z.ZodOptional<z.ZodNullable<(typeof identityFields.shape)[F]>> },
        )
        .refine((fields) => Object.keys(fields).length > 0)
        .optional(),
    })
    .refine(({ fields, region }) => fields !== undefined || region !== undefined),
  reply: maskedPerson,
  problems: ['people.not_found', 'people.broken'],
});

export const revealPerson = defineRoute({
  id: 'people.reveal',
  method: 'POST',
  path: '/v1/people/:person/reveal',
  routeClass: 'reveal',
  stepUp: true,
  summary: 'Read chosen fields in full, for an allowed purpose and a reason',
  tag: 'People',
  audience: identityCallers,
  ability: { action: 'reveal', resource: 'Person' },
  params: personParams,
  body: z.strictObject({
    fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length),
    purpose: z.enum(REVEAL_PURPOSES),
    form: z.enum(REVEAL_FORMS).default('plain'),
    reason,
  }),
  // Only one of the two holds anything: a mask is no value of its field.
  reply: z.object({ person: clientPseudonym, fields: toldFields, masked: masked.optional() }),
  problems: ['people.not_found', 'people.purpose_not_allowed', 'people.reveal_not_allowed', 'people.broken'],
});

export const readSelf = defineRoute({
  id: 'people.read_self',
  method: 'GET',
  path: '/v1/me',
  summary: 'Everything the vault knows about the signed-in person',
  tag: 'Me',
  audience: ['person'],
  ability: { action: 'read', resource: 'Self' },
  reply: z.object({ fields: toldFields, region: regionCode.nullable(), enrolledOn: z.iso.date() }),
  problems: ['people.not_found', 'people.broken'],
});
