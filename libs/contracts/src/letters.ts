import { z } from 'zod';
import { gateId, letterId, letterKey } from './ids.js';
import { defineRoute } from './route.js';

/** Letters with a date in them; the day is the one they speak of. */
export const DATED_LETTERS = ['consent-ends', 'erasure-planned'] as const;
export const UNDATED_LETTERS = ['consent-ended'] as const;
/** Those of which the vault alone knows when. */
export const VAULT_LETTERS = ['guardianship-recorded', 'guardianship-ended'] as const;
export type VaultLetter = (typeof VAULT_LETTERS)[number];
export const LETTER_TEMPLATES = [...DATED_LETTERS, ...UNDATED_LETTERS, ...VAULT_LETTERS] as const;
export type LetterTemplate = (typeof LETTER_TEMPLATES)[number];

/** Letters asked for, or reported on, at once. */
export const LETTERS_MAX = 1_000;

/** Why there is no letter: nobody is behind the gate any more, they gave no email, or a letter to it came back. */
export const LETTER_REFUSALS = ['letters.nobody', 'letters.no_address', 'letters.undeliverable'] as const;
export type LetterRefusal = (typeof LETTER_REFUSALS)[number];

const asked = { gate: gateId, key: letterKey };
const letterRequest = z.discriminatedUnion('template', [
  z.strictObject({ ...asked, template: z.enum(DATED_LETTERS), on: z.iso.date() }),
  z.strictObject({ ...asked, template: z.enum(UNDATED_LETTERS) }),
]);
export type LetterRequest = z.output<typeof letterRequest>;

/** Of the vault's internal listener: the API names a gate, never a person, and isn't told which letter came of it. */
export const requestLetters = defineRoute({
  id: 'letters.request',
  method: 'POST',
  path: '/internal/v1/letters',
  summary: 'Letters to those behind gates; each is answered for itself, and one asked for twice is one',
  tag: 'Letters',
  audience: ['api-process'],
  ability: { action: 'request', resource: 'Letter' },
  body: z.strictObject({ letters: z.array(letterRequest).min(1).max(LETTERS_MAX) }),
  // In the order of the request.
  reply: z.object({
    results: z.array(
      z.union([z.object({ accepted: z.literal(true) }), z.object({ code: z.enum(LETTER_REFUSALS) })]),
    ),
  }),
});

/** A Message-ID of ours, as mail systems write it back: with or without its angle brackets. */
const messageId = z
  .string()
  .max(320)
  .regex(/^<?ltr_[0-9a-hjkmnp-tv-z]{32}@[A-Za-z0-9.-]{1,253}>?$/)
  .transform((text) => text.replace(/^<|@.*$/g, ''))
  .pipe(letterId)
  .describe('The Message-ID of a letter');

export const BOUNCE_KINDS = ['permanent', 'complaint'] as const;
export type BounceKind = (typeof BOUNCE_KINDS)[number];

export const reportBounces = defineRoute({
  id: 'letters.report_bounces',
  method: 'POST',
  path: '/v1/letters/bounces',
  routeClass: 'bulk',
  summary: 'Letters that came back after they were sent: no more are sent to those addresses; repeatable',
  tag: 'Letters',
  audience: ['identity-client'],
  ability: { action: 'report', resource: 'Bounce' },
  body: z.strictObject({
    letters: z.array(messageId).min(1).max(LETTERS_MAX),
    kind: z.enum(BOUNCE_KINDS),
  }),
  // Nothing of which are known: whoever has a Message-ID learns from it what they knew.
  status: 204,
});
