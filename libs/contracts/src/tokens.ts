import { z } from 'zod';
import { clientPseudonym, fieldName, tokenId } from './ids.js';
import { IDENTITY_FIELDS, identityFields, REVEAL_PURPOSES, reason } from './people.js';
import { predicate } from './predicates.js';
import { defineRoute, type RouteContract } from './route.js';
import { postalAddress, toldAddress } from './values.js';

/** Tokens: each stands for one value of a field of the catalogue, and says nothing about it. */

export const TOKENS_MAX = 10_000;
const VALUE_MAX = 4_096;

export const domainName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  .max(40)
  .describe('Clients that share tokens, as the catalogue declares them; the client alone when absent');

/**
 * - `random`: another one each time
 * - `deterministic`: the same for the same value, within field, domain and person: for joins
 * - `format-preserving`: the same too, and looks as the value does
 */
export const TOKEN_TYPES = ['random', 'deterministic', 'format-preserving'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];

/** What leads to the value of a `format-preserving` token: by itself it says neither. No format writes anything but ASCII. */
const tokenText = z
  .string()
  .max(VALUE_MAX)
  .regex(/^[\x20-\x7e]+$/);
const formatted = z.strictObject({ token: tokenText, field: fieldName, domain: domainName.optional() });
export const heldToken = z
  .union([tokenId, formatted])
  .describe('A token; of a format-preserving one its field, too');
export type HeldToken = z.output<typeof heldToken>;

const tokenValue = z.union([z.string().min(1).max(VALUE_MAX), postalAddress]);
export type TokenValue = z.output<typeof tokenValue>;
/** Without the limits of what is sent: those may be others than they were when it was. */
const toldValue: z.ZodType<TokenValue, TokenValue> = z.union([z.string(), toldAddress]);

/** `2099-12-31T23:59:59.999999Z`: PostgreSQL keeps six decimals, and rounds more, even into a year that has no name here. */
const MOMENT_MAX = 27;

const kept = {
  type: z.enum(TOKEN_TYPES).default('random'),
  domain: domainName.optional(),
  expiresAt: z.iso
    .datetime()
    .max(MOMENT_MAX)
    // PostgreSQL knows no year 0.
    .refine((at) => at >= '2000')
    // As it is understood here, so that it is kept and told as that.
    .transform((at) => new Date(at).toISOString())
    .optional()
    .describe('Of a random token: stands for nothing from then on'),
  uses: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Of a random token: reveals after which it is gone'),
};
interface Kept {
  readonly type: TokenType;
  readonly expiresAt?: string | undefined;
  readonly uses?: number | undefined;
}
/** A token that others get again for the same value can't end by what one of them asked for. */
const endsAlone = ({ type, expiresAt, uses }: Kept) =>
  type === 'random' || (expiresAt === undefined && uses === undefined);

const KNOWN_FIELDS: ReadonlySet<string> = new Set(IDENTITY_FIELDS);
interface Valued {
  readonly field: string;
  readonly value?: unknown;
  readonly person?: unknown;
  readonly known?: true | undefined;
}
const hasValue = ({ value, known }: Valued) => value !== undefined || known === true;
/** Said, and not left out: a value that was lost on its way must not become a token of another one. */
const canBeKnown = ({ field, value, person, known }: Valued) =>
  known === undefined || (value === undefined && person !== undefined && KNOWN_FIELDS.has(field));

export const newToken = z
  .strictObject({
    field: fieldName,
    value: tokenValue.optional(),
    known: z
      .literal(true)
      .optional()
      .describe('In the place of a value: what is known of the person in this identity field'),
    person: clientPseudonym.optional().describe('Whose value it is: their erasure takes the token with it'),
    ...kept,
  })
  .refine(hasValue, { path: ['value'] })
  .refine(canBeKnown, { path: ['known'] })
  .refine(endsAlone, { path: ['type'] });
export type NewToken = z.output<typeof newToken>;

/** Codes that an entry of a batch can have in place of its result. */
const REFUSALS = [
  'request.invalid',
  'tokens.field_unknown',
  'tokens.domain_unknown',
  'tokens.type_not_allowed',
  'tokens.end_past',
  'catalogue.value_unfit',
  'catalogue.too_few_tokens',
  'catalogue.no_other_token',
  'tokens.format_exhausted',
  'people.not_found',
  'people.broken',
  'tokens.value_unknown',
  'tokens.broken',
  'auth.forbidden',
] as const;
const REVEAL_REFUSALS = [
  'request.invalid',
  'request.rate_limited',
  'tokens.malformed',
  'tokens.not_found',
  'tokens.field_unknown',
  'tokens.domain_unknown',
  'people.purpose_not_allowed',
  'people.reveal_not_allowed',
  'tokens.broken',
  'auth.forbidden',
] as const;
/** What any route can answer. */
const isGeneral = (code: string) => code.startsWith('request.') || code.startsWith('auth.');
const fields = z.array(z.string()).optional().describe('Names of what is wrong, never what was sent');

const made = z.object({ token: z.string() });
const madeOrNot = z.union([made, z.object({ code: z.enum(REFUSALS), fields })]);
export type TokenResult = z.input<typeof madeOrNot>;

const common = { tag: 'Tokens', audience: ['identity-client'] } as const satisfies Partial<RouteContract>;
const make = { action: 'make', resource: 'Token' } as const;
/** There is one door to a plain value, whichever way it is asked for: what narrows the one way narrows the other. */
const reveal = { action: 'reveal', resource: 'Person' } as const;

export const makeToken = defineRoute({
  ...common,
  id: 'tokens.make',
  method: 'POST',
  path: '/v1/tokens',
  summary: 'Make a token for a value, or for what is known of a person',
  ability: make,
  body: newToken,
  status: 201,
  reply: made,
  problems: REFUSALS.filter((code) => !isGeneral(code)),
});

export const makeTokens = defineRoute({
  ...common,
  id: 'tokens.make_batch',
  method: 'POST',
  path: '/v1/tokens/batch',
  routeClass: 'bulk',
  summary: 'Make up to 10,000 tokens; each entry is answered for itself, or with `atomic` all or none',
  ability: make,
  body: z.strictObject({
    // Entries are checked one by one, so that a wrong one does not fail its neighbours.
    values: z.array(z.unknown()).min(1).max(TOKENS_MAX).describe('Each as the body of a single one'),
    atomic: z.boolean().default(false).describe('Nothing is made if one of them can’t be'),
  }),
  bodyLimit: 16 * 1024 * 1024,
  reply: z.object({
    made: z.int(),
    refused: z.int(),
    results: z.array(madeOrNot).describe('In the order of the values'),
  }),
});

export const makeTokenStream = defineRoute({
  ...common,
  id: 'tokens.make_stream',
  method: 'POST',
  path: '/v1/tokens/stream',
  routeClass: 'bulk',
  summary: 'Make tokens for any number of values: a line in, a line out, each durable when it is written',
  ability: make,
  lines: true,
  media: ['application/x-ndjson'],
});

const forWhat = { purpose: z.enum(REVEAL_PURPOSES), reason };
const TOKEN_FORMS = ['plain', 'masked'] as const;
const form = z.enum(TOKEN_FORMS).default('plain');
const revealed = z.object({
  field: fieldName,
  // Only one of the two is there: a mask is no value of its field.
  value: toldValue.optional(),
  masked: z.string().optional(),
});
const revealedOrNot = z.union([revealed, z.object({ code: z.enum(REVEAL_REFUSALS) })]);
export type RevealResult = z.input<typeof revealedOrNot>;

const revealCommon = {
  tag: 'Tokens',
  audience: ['identity-client', 'staff'],
  ability: reveal,
  routeClass: 'reveal',
  stepUp: true,
} as const satisfies Partial<RouteContract>;
const revealProblems = REVEAL_REFUSALS.filter((code) => !isGeneral(code));

export const revealToken = defineRoute({
  ...revealCommon,
  id: 'tokens.reveal',
  method: 'POST',
  path: '/v1/tokens/reveal',
  summary: 'Read the value of a token, in full or masked, for an allowed purpose and a reason',
  body: z.strictObject({ token: heldToken, form, ...forWhat }),
  reply: revealed,
  problems: revealProblems,
});

export const revealTokens = defineRoute({
  ...revealCommon,
  id: 'tokens.reveal_batch',
  method: 'POST',
  path: '/v1/tokens/reveal/batch',
  routeClass: 'bulk',
  summary: 'Read the values of up to 10,000 tokens; each is answered for itself',
  body: z.strictObject({ tokens: z.array(z.unknown()).min(1).max(TOKENS_MAX), form, ...forWhat }),
  bodyLimit: 4 * 1024 * 1024,
  reply: z.object({
    revealed: z.int(),
    refused: z.int(),
    results: z.array(revealedOrNot).describe('In the order of the tokens'),
  }),
  problems: ['people.purpose_not_allowed'],
});

export const revealTokenStream = defineRoute({
  ...revealCommon,
  id: 'tokens.reveal_stream',
  method: 'POST',
  path: '/v1/tokens/reveal/stream',
  routeClass: 'bulk',
  summary: 'Read the values of any number of tokens: a line in, a line out',
  query: z.strictObject({
    form,
    purpose: forWhat.purpose,
    reason: reason.shape.code,
    reference: reason.shape.reference,
  }),
  lines: true,
  media: ['application/x-ndjson'],
  problems: ['people.purpose_not_allowed'],
});

export const askToken = defineRoute({
  ...revealCommon,
  id: 'tokens.ask',
  method: 'POST',
  path: '/v1/tokens/ask',
  summary:
    'Ask whether something is true of the value of a token; nothing else of it is told. Counts as a masked reveal',
  body: z.strictObject({ token: heldToken, question: predicate, ...forWhat }),
  reply: z.object({ field: fieldName, answer: z.boolean() }),
  problems: [...revealProblems, 'catalogue.question_unfit'],
});

export const removeTokens = defineRoute({
  ...common,
  id: 'tokens.remove',
  method: 'POST',
  path: '/v1/tokens/remove',
  routeClass: 'bulk',
  summary: 'Remove up to 10,000 tokens, with what they stand for; those that are not there are none of them',
  ability: { action: 'remove', resource: 'Token' },
  body: z.strictObject({ tokens: z.array(heldToken).min(1).max(TOKENS_MAX) }),
  bodyLimit: 4 * 1024 * 1024,
  reply: z.object({ removed: z.int() }),
});

export const describeToken = defineRoute({
  tag: 'Tokens',
  audience: ['identity-client', 'staff'],
  id: 'tokens.describe',
  method: 'POST',
  path: '/v1/tokens/describe',
  summary: 'What is known of a token beside its value',
  ability: { action: 'describe', resource: 'Token' },
  body: z.strictObject({ token: heldToken }),
  reply: z.object({
    field: fieldName,
    type: z.enum(TOKEN_TYPES),
    domain: domainName.nullable().describe('null: the client’s own'),
    ofPerson: z.boolean(),
    createdOn: z.iso.date(),
    // No `datetime()`, which ends with the year 9999: one that was rounded up beyond it is told, too.
    expiresAt: z.string().meta({ format: 'date-time' }).nullable(),
    usesLeft: z.int().nullable(),
  }),
  problems: ['tokens.domain_unknown', 'tokens.malformed', 'tokens.not_found'],
});

export const makePersonTokens = defineRoute({
  ...common,
  id: 'tokens.make_for_person',
  method: 'POST',
  path: '/v1/people/:person/tokens',
  summary: 'Make tokens for what is known of a person; nothing of it is sent either way',
  ability: make,
  params: z.strictObject({ person: clientPseudonym }),
  body: z
    .strictObject({ fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length), ...kept })
    .refine(endsAlone, { path: ['type'] }),
  status: 201,
  reply: z.object({
    tokens: z
      .object(
        Object.fromEntries(Object.keys(identityFields.shape).map((name) => [name, z.string().optional()])),
      )
      .describe('By field; what is not known of the person has none'),
  }),
  problems: [
    'people.not_found',
    'people.broken',
    'tokens.value_unknown',
    'tokens.domain_unknown',
    'tokens.type_not_allowed',
    'tokens.end_past',
    'tokens.format_exhausted',
  ],
});
