import { hash, timingSafeEqual } from 'node:crypto';
import type { Predicate } from '@integument/contracts';
import { questionUnfit } from './catalogue.errors.js';
import type { Kind } from './kinds/index.js';

/**
 * Answers a question about a value: yes or no, and nothing else of it.
 * @param text as the kind's schema gave it
 * @param today the vault's own day, ISO 8601, of UTC: a caller who could name the day would find the birthday by asking
 * @throws {CodedError} `catalogue.question_unfit` for a question this kind may not be asked, or a value that is none of its kind; it depends on
 * what was asked alone, never on the value
 */
export function answer(kind: Kind, text: string, question: Predicate, today: string): boolean {
  if (!kind.questions.includes(question.predicate)) throw questionUnfit();
  switch (question.predicate) {
    case 'at-least-years':
      return havePassed(question.years, text, today);
    case 'at-most-years':
      return !havePassed(question.years + 1, text, today);
    case 'same-country':
      return kind.isOf?.(text, question.country) ?? false;
    case 'same-domain':
      return sameText(kind.parts(text).domain?.toLowerCase() ?? '', question.domain.toLowerCase());
    case 'equals':
      return sameText(kind.normalise(text), normalised(kind, question.value));
  }
}

/**
 * Whether so many years have passed since a day. Who is born on 29 February has their birthday on 1 March in a common year: the 29th is not
 * before the 28th, and is before the 1st. (Some laws say 28 February; a day too late is the careful answer to "old enough?".)
 */
function havePassed(years: number, since: string, today: string): boolean {
  const left = yearOf(today) - yearOf(since) - years;
  return left === 0 ? since.slice(4) <= today.slice(4) : left > 0;
}

function yearOf(day: string): number {
  return Number(day.slice(0, 4));
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
