import { FF1 } from '@noble/ciphers/ff1.js';
import { KEY_BYTES } from './derive.js';

/**
 * How many texts must be possible: SP 800-38G rev. 1, 5.1. With fewer each can be found from the encryption of others (Bellare, Hoang and
 * Tessaro 2016; Durak and Vaudenay 2017).
 */
export const FF1_LEAST_DOMAIN = 1_000_000n;
/** Of our own: the values we encrypt are numbers of people, and the cost grows with the square. */
const MOST_SYMBOLS = 256;
const MOST_RADIX = 65_535;

/** Under what a text is encrypted. */
export interface Ff1 {
  /** 32 bytes, used for nothing else */
  readonly key: Buffer;
  /** not secret; texts under different tweaks have nothing to do with each other */
  readonly tweak: Uint8Array;
  /** how many symbols there are: 2 to 65,535 */
  readonly radix: number;
}

/**
 * Encrypts symbols into as many symbols of the same radix: FF1 with AES-256 (NIST SP 800-38G, 6.2.1).
 * Nothing is random about it and nothing detects a change: equal texts give equal ones, and every text decrypts to something.
 * The AES beneath is written in JavaScript with tables, so its time depends on the key: not for a machine shared with strangers.
 *
 * @param symbols each from 0 to radix − 1
 * @throws {RangeError} when radix^length is below {@link FF1_LEAST_DOMAIN}, or anything is out of its range
 */
export function ff1Encrypt(ff1: Ff1, symbols: readonly number[]): number[] {
  return cipherOf(ff1, symbols).encrypt([...symbols]);
}

/**
 * Decrypts what {@link ff1Encrypt} made (NIST SP 800-38G, 6.2.2).
 * @throws {RangeError} as there
 */
export function ff1Decrypt(ff1: Ff1, symbols: readonly number[]): number[] {
  return cipherOf(ff1, symbols).decrypt([...symbols]);
}

function cipherOf({ key, tweak, radix }: Ff1, symbols: readonly number[]) {
  if (key.length !== KEY_BYTES) throw new RangeError('a key of FF1 has 32 bytes here');
  if (!Number.isInteger(radix) || radix < 2 || radix > MOST_RADIX) throw new RangeError('no radix of FF1');
  if (symbols.length > MOST_SYMBOLS) throw new RangeError('too many symbols for FF1');
  if (BigInt(radix) ** BigInt(symbols.length) < FF1_LEAST_DOMAIN) {
    throw new RangeError('too few texts are possible for FF1');
  }
  // The symbols are (part of) somebody's value, which an error must not carry: hence no words about which one.
  if (!symbols.every((symbol) => Number.isInteger(symbol) && symbol >= 0 && symbol < radix)) {
    throw new RangeError('a symbol lies outside the radix');
  }
  return FF1(radix, key, tweak);
}
