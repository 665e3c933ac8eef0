import { z } from 'zod';
import { countryCode, postalAddress } from './values.js';

/**
 * Questions about a value that are answered yes or no. Asked again and again with other parameters a question can spell the
 * value out, so each takes few parameters, and those that would need many are not there:
 *
 * - Ages come from a short list, and the day they are counted on is the vault's own: with a day to choose, fifteen questions
 *   find a birthday. `at-most-years` asks the opposites of the same ages and no others: beside 18 a free 18 would be a year of birth.
 *   So all age questions together say which of six bands of years somebody is in.
 * - `of-consent-age` has no parameter: the country is the one that is known of the person. It splits the band from 13 to 16 once where that
 *   country's age lies within; whoever may change where somebody lives can learn both 14 and 15, and knows the person by then.
 * - No `year-equals`: a hundred questions, and not a coarse answer.
 * - A country has 250 possible answers; that is as much as the mask `country` shows to whoever may read masks.
 * - A domain can be asked for, not listed: what is learnt is one name the caller had already.
 * - `equals` is for kinds of which nobody can try all: no date, no postcode, no name (a thousand names are most of them), no number that can be
 *   completed from what is commonly known (the ends of a card, the birthday in a national id).
 *
 * Each question counts as a reveal towards limits and in the audit log.
 */
export const MAJORITIES = [13, 16, 18, 21, 65] as const;
const MINORITIES = [12, 15, 17, 20, 64] as const;

const DOMAIN = /^(?=.{1,253}$)[^\s@.]{1,63}(\.[^\s@.]{1,63})+$/u;

export const predicate = z.discriminatedUnion('predicate', [
  z
    .strictObject({ predicate: z.literal('at-least-years'), years: z.literal(MAJORITIES) })
    .describe('Whether so many years have passed since this date'),
  z
    .strictObject({ predicate: z.literal('at-most-years'), years: z.literal(MINORITIES) })
    .describe('Whether no more than so many whole years have passed since this date'),
  z
    .strictObject({ predicate: z.literal('of-consent-age') })
    .describe('Whether somebody born on this date agrees by themselves, where they live (GDPR Art. 8)'),
  z
    .strictObject({ predicate: z.literal('same-country'), country: countryCode })
    .describe('Whether an address, a phone number or a postcode is of this country'),
  z
    .strictObject({ predicate: z.literal('same-domain'), domain: z.string().max(253).regex(DOMAIN) })
    .describe('Whether an address of mail is at this domain'),
  z
    .strictObject({
      predicate: z.literal('equals'),
      value: z.union([z.string().min(1).max(4_096), postalAddress]),
    })
    .describe('Whether this is the value, in any of the ways it can be written'),
]);
export type Predicate = z.output<typeof predicate>;
export type PredicateName = Predicate['predicate'];
export const PREDICATES = predicate.options.map(({ shape }) => shape.predicate.value) as [
  PredicateName,
  ...PredicateName[],
];
