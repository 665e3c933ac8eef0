import { hash, timingSafeEqual } from 'node:crypto';
import { ageOfDigitalConsent, type Predicate } from '@integument/contracts';
import { questionUnfit } from './catalogue.errors.js';
import type { Kind } from './kinds/index.js';

/**
 * Answers a question about a value: yes or no, and nothing else of it.
 * @param text as the kind's schema gave it
 * @param today the vault's own day, ISO 8601, of UTC: a caller who could name the day would find the birthday by asking
 * @param region where whose value it is lives; null where that isn't known
 * @throws {CodedError} `catalogue.question_unfit` for a question this kind may not be asked, or a value that is none of its kind; it depends on
 * what was asked alone, never on the value
 */
export function answer(
  kind: Kind,
  text: string,
  question: Predicate,
  today: string,
  region: string | null,
): boolean {
  if (!kind.questions.includes(question.predicate)) throw questionUnfit();
  switch (question.predicate) {
    case 'at-least-years':
      return havePassed(question.years, text, today);
    case 'at-most-years':
      return !havePassed(question.years + 1, text, today);
    case 'of-consent-age':
      return havePassed(ageOfDigitalConsent(region), text, today);
    case 'same-country':
      return kind.isOf?.(text, question.country) ?? false;
    case 'same-domain':
      return sameText(kind.parts(text).domain?.toLowerCase() ?? '', question.domain.toLowerCase());
    case 'equals':
      return sameText(kind.normalise(text), normalised(kind, question.value));
  }
}

function havePassed(years: number, since: string, today: string): boolean {
  const day = dayAfterYears(years, since);
  // A day beyond the year 9999 is longer, and yet to come.
  return day.length === today.length && day <= today;
}

/**
 * The first day on which so many years have passed since another. Who is born on 29 February has their birthday on 1 March in a common
 * year. (Some laws say 28 February; a day too late is the careful answer to "old enough?".)
 * @param since ISO 8601
 */
export function dayAfterYears(years: number, since: string): string {
  const year = Number(since.slice(0, 4)) + years;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const day = since.slice(4) === '-02-29' && !isLeap ? '-03-01' : since.slice(4);
  return `${String(year).padStart(4, '0')}${day}`;
}

function normalised(kind: Kind, value: unknown): string {
  const { success, data } = kind.schema.safeParse(value);
  if (!success) throw questionUnfit();
  return kind.normalise(data);
}

/** Over digests, so that the time says neither where two texts differ nor how long the one is that was not sent. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'));
}
