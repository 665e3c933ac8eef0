import type { PredicateName } from '@integument/contracts';
import type { z } from 'zod';
import type { Format } from '../formats/index.js';
import type { Maskable } from '../mask.js';

/** A word that a mask can have. */
export type MaskWord = 'first' | 'last' | 'initials' | 'domain' | 'year' | 'country';

/**
 * What the vault knows about a kind of values. All but the schema is asked of the text that the schema gives, which is what is
 * sealed; so whoever keeps values needs to know nothing of what they are.
 */
export interface Kind {
  /** Checks what was sent, in any way people write it, and gives the one text that is sealed. */
  readonly schema: z.ZodType<string>;
  /** What is answered for a text: as it was sent, in the one way of writing. */
  readonly value: (text: string) => unknown;
  /** The text in which equal values are equal: over this blind indexes and deterministic tokens are made. */
  readonly normalise: (text: string) => string;
  readonly parts: (text: string) => Maskable;
  /** The words of masks that show something sensible of it; `hidden` always does. */
  readonly masks: readonly MaskWord[];
  /** The questions that may be asked of it; which and why, see the contract of predicates. */
  readonly questions: readonly PredicateName[];
  /** Whether a value is of this country; there for kinds of which one may ask. */
  readonly isOf?: (text: string, country: string) => boolean;
  /** How a token looks that is to look like a value; absent where none can. */
  readonly format?: Format;
}

const itself = (text: string) => text;

/** What a kind of texts is where it says nothing else: itself in every respect, shown not at all. */
export const PLAIN = {
  value: itself,
  normalise: itself,
  parts: (text: string): Maskable => ({ text }),
  masks: [],
  questions: [],
} as const satisfies Partial<Kind>;
