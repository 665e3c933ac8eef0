import { context, FF1_LEAST_DOMAIN, ff1Decrypt, ff1Encrypt } from '@integument/crypto';
import { noOtherToken, tooFewTokens } from '../catalogue.errors.js';
import { passes, slotsOf } from './draw.js';
import type { Format, Slots } from './format.js';

/** Under what values of one field are encrypted into tokens. */
export interface TokenCipher {
  /** 32 bytes, used for nothing else */
  readonly key: Buffer;
  /** not secret: names who shares the tokens, and the field */
  readonly tweak: Uint8Array;
}

// Of the numbers that FF1 permutes nearly all are below the size, and a third of those are valid texts at least: nobody walks this
// far in a format that is what it says.
const MOST_STEPS = 1_000;
/** The largest radix of FF1. */
const MOST_RADIX = 65_535n;

type Step = typeof ff1Encrypt;

/**
 * Encrypts a value into a token of its format, by FF1. Nothing is stored: the key and the token are the value, which erasure
 * does not reach. Equal values give equal tokens.
 * @throws {CodedError} `catalogue.value_unfit`; `catalogue.too_few_tokens` below a million; `catalogue.no_other_token` for the value that
 * stays itself, of which a permutation has one on average, and where the token could not be taken for a value
 */
export function encryptToken(format: Format, value: string, cipher: TokenCipher): string {
  const token = walk(slotsOf(format, value), cipher, ff1Encrypt);
  if (token === value || !passes(format, token)) throw noOtherToken();
  return token;
}

/**
 * Decrypts what {@link encryptToken} made. Any text of the format decrypts to something: a token that was never given does, too.
 * @throws {CodedError} `catalogue.value_unfit`, `catalogue.too_few_tokens`
 */
export function decryptToken(format: Format, token: string, cipher: TokenCipher): string {
  return walk(slotsOf(format, token), cipher, ff1Decrypt);
}

/** Whether a text could be a token that {@link encryptToken} made: all others lead to no value. */
export function couldBeEncrypted(format: Format, text: string): boolean {
  return (format.slots(text)?.size ?? 0n) >= FF1_LEAST_DOMAIN;
}

/**
 * Cycle walking (Black and Rogaway 2002): the number is permuted among a few more than there are, and what is no valid text is permuted
 * again. The walk starts at a valid one, so it comes to one, and it goes back the same way.
 */
function walk({ size, index, kept, write }: Slots, { key, tweak }: TokenCipher, step: Step): string {
  if (size < FF1_LEAST_DOMAIN) throw tooFewTokens();
  const { radix, length } = numeralsFor(size);
  // What is kept chooses the permutation: else two cards would show by their tokens that they differ in the first six digits alone.
  const ff1 = { key, tweak: context(tweak, kept, String(size)), radix: Number(radix) };
  let symbols = symbolsOf(index, radix, length);
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    symbols = step(ff1, symbols);
    const number = symbols.reduce((number, symbol) => number * radix + BigInt(symbol), 0n);
    const text = number < size ? write(number) : null;
    if (text !== null) return text;
  }
  throw noOtherToken();
}

interface Numerals {
  readonly radix: bigint;
  readonly length: number;
}

/** Finding them takes as long as encrypting does, and a format has few sizes. */
const NUMERALS_MOST = 1_000;
const numerals = new Map<bigint, Numerals>();

function numeralsFor(size: bigint): Numerals {
  const known = numerals.get(size);
  if (known) return known;
  if (numerals.size >= NUMERALS_MOST) numerals.clear();
  const found = findNumerals(size);
  numerals.set(size, found);
  return found;
}

/** The shortest even length at which a radix of FF1 reaches the size, and the least such radix: what lies above the size is walked over. */
function findNumerals(size: bigint): Numerals {
  let length = 2;
  while (MOST_RADIX ** BigInt(length) < size) length += 2;
  return { radix: rootOf(size, BigInt(length)), length };
}

/** The least number of which this power reaches the size. In whole numbers: a token must be read by other machines, whose rounding may differ. */
function rootOf(size: bigint, power: bigint): bigint {
  let [below, root] = [1n, MOST_RADIX];
  while (root - below > 1n) {
    const middle = (below + root) / 2n;
    if (middle ** power < size) below = middle;
    else root = middle;
  }
  return root;
}

function symbolsOf(number: bigint, radix: bigint, length: number): number[] {
  const symbols: number[] = [];
  for (let rest = number; symbols.length < length; rest /= radix) symbols.unshift(Number(rest % radix));
  return symbols;
}
