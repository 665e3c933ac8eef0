import { noOtherToken, tooFewTokens, valueUnfit } from '../catalogue.errors.js';
import type { Format, Slots } from './format.js';

/** So many fresh random bytes, such as `randomBytes` of node:crypto. */
export type RandomSource = (count: number) => Uint8Array;

/** Fewer tokens than this are soon used up, and finding a free one takes ever longer. */
const LEAST_TOKENS = 1_000n;
// Formats leave out at most two thirds of their numbers: not to find one in so many draws means that the source is broken.
const MOST_DRAWS = 1_000;

/**
 * Draws a token that has the value's format and is not the value; all such are equally likely. It says nothing of the value but
 * what the format keeps, so erasing its mapping erases all. It may be taken: whoever stores it draws again then.
 * @throws {CodedError} `catalogue.value_unfit`, `catalogue.too_few_tokens`
 */
export function drawToken(format: Format, value: string, random: RandomSource): string {
  const { size, index, write } = slotsOf(format, value);
  if (size < LEAST_TOKENS) throw tooFewTokens();
  for (let drawn = 0; drawn < MOST_DRAWS; drawn++) {
    const other = drawBelow(size, random);
    const token = other === index ? null : write(other);
    if (token !== null && passes(format, token)) return token;
  }
  throw noOtherToken();
}

/**
 * @throws {CodedError} `catalogue.value_unfit`
 */
export function slotsOf(format: Format, value: string): Slots {
  const slots = format.slots(value);
  if (!slots) throw valueUnfit();
  return slots;
}

export function passes(format: Format, token: string): boolean {
  return format.passes?.(token) ?? true;
}

/** A number below `size`, each equally likely: one that is too large is drawn again, since a remainder would favour the small. */
export function drawBelow(size: bigint, random: RandomSource): bigint {
  const bits = (size - 1n).toString(2).length;
  for (;;) {
    const bytes = Buffer.from(random(Math.ceil(bits / 8)));
    const drawn = BigInt.asUintN(bits, BigInt(`0x${bytes.toString('hex')}`));
    if (drawn < size) return drawn;
  }
}
