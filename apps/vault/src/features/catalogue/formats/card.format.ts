import type { Format } from './format.js';
import { luhnDigit } from './luhn.js';
import { digits, firstDigit, kept, type Part, takeApart } from './parts.js';

export const CARD_KEEPS = ['first6', 'last4'] as const;
export type CardKeeps = (typeof CARD_KEEPS)[number];

/**
 * Card numbers of the same length that pass the Luhn check (ISO/IEC 7812-1). One digit is computed: the last, or the last before those that are kept.
 * With both ends kept a number of 16 digits has 100,000 tokens, which is too few for FF1. A token can be the number of some
 * other card: whatever charges cards must never be given tokens.
 */
export function cardFormat(keeps: readonly CardKeeps[]): Format {
  const before = keeps.includes('first6') ? 6 : 0;
  const after = keeps.includes('last4') ? 4 : 0;
  return {
    slots: (value) => {
      if (!/^[0-9]{12,19}$/.test(value)) return null;
      const computed = value.length - after - 1;
      const parts = partsOf(value, before, computed);
      return takeApart(value, parts, (body) => withDigit(body, computed));
    },
  };
}

/** With a zero at the place of the digit that is computed, which is the last or the fifth from the end: neither is doubled. */
function partsOf(value: string, before: number, computed: number): Part[] {
  const free = computed - before;
  const start =
    before > 0 ? [kept(value.slice(0, before)), digits(free)] : [firstDigit(value), digits(free - 1)];
  return [...start, blank, kept(value.slice(computed + 1))];
}

/** A place of which any digit may stand in the value, while its text gets a zero to compute over. */
const blank: Part = { width: 1, size: 1, read: () => 0, write: () => '0' };

function withDigit(body: string, at: number): string {
  return `${body.slice(0, at)}${luhnDigit(body)}${body.slice(at + 1)}`;
}
