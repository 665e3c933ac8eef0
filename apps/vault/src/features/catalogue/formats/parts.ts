import type { Slots } from './format.js';

/** A place, or a few together, of a text: how many writings it can have, and which is which. All have one width. */
export interface Part {
  readonly width: number;
  readonly size: number;
  /** what of the text a token shows, where that is neither all nor nothing */
  readonly keeps?: string;
  /** @returns undefined for a text that is none of the writings */
  readonly read: (text: string) => number | undefined;
  /** @param index below size */
  readonly write: (index: number) => string;
}

/** Digits, any of them. */
export function digits(width: number): Part {
  return numbers(width, 0, 10 ** width - 1);
}

/** Numbers from one to another, both included, written with zeros in front. */
export function numbers(width: number, first: number, last: number): Part {
  const shape = new RegExp(`^[0-9]{${width}}$`);
  return {
    width,
    size: last - first + 1,
    read: (text) => {
      const number = shape.test(text) ? Number(text) : -1;
      return number >= first && number <= last ? number - first : undefined;
    },
    write: (index) => String(first + index).padStart(width, '0'),
  };
}

/** One of these texts, all of one width. */
export function oneOf(texts: readonly string[]): Part {
  const indexes = new Map(texts.map((text, index) => [text, index]));
  return {
    width: texts[0]?.length ?? 0,
    size: texts.length,
    read: (text) => indexes.get(text),
    write: (index) => texts[index] ?? '',
  };
}

/** One character of an alphabet. */
export function letter(alphabet: string): Part {
  return oneOf([...alphabet]);
}

/** What a token keeps. */
export function kept(text: string): Part {
  return oneOf([text]);
}

/** The first digit of a number: not a zero unless it is one, since readers drop zeros in front. */
export function firstDigit(value: string): Part {
  return value.startsWith('0') ? kept('0') : numbers(1, 1, 9);
}

/** Every one of a range, each written as `write` says; what `write` has null for is left out. */
export function listed(first: number, last: number, write: (number: number) => string | null): Part {
  const texts: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = write(number);
    if (text !== null) texts.push(text);
  }
  return oneOf(texts);
}

/**
 * Takes a text apart.
 * @param complete adds to the text of all parts what is computed from it; null where no valid text has them
 */
export function takeApart(
  value: string,
  parts: readonly Part[],
  complete: (body: string) => string | null = (body) => body,
): Slots | null {
  const index = indexOf(value, parts);
  if (index === null) return null;
  const write = (of: bigint) => complete(bodyOf(of, parts));
  if (write(index) !== value) return null;
  return { size: sizeOf(parts), index, kept: parts.map(keptOf).join(''), write };
}

function indexOf(value: string, parts: readonly Part[]): bigint | null {
  let index = 0n;
  let at = 0;
  for (const { width, size, read } of parts) {
    const here = read(value.slice(at, at + width));
    if (here === undefined) return null;
    index = index * BigInt(size) + BigInt(here);
    at += width;
  }
  return index;
}

function bodyOf(index: bigint, parts: readonly Part[]): string {
  let rest = index;
  let body = '';
  for (const { size, write } of parts.toReversed()) {
    body = write(Number(rest % BigInt(size))) + body;
    rest /= BigInt(size);
  }
  return body;
}

function sizeOf(parts: readonly Part[]): bigint {
  return parts.reduce((size, part) => size * BigInt(part.size), 1n);
}

// A part with one writing says nothing of the value that the token doesn't.
function keptOf({ size, width, write, keeps }: Part): string {
  return keeps ?? (size === 1 ? write(0) : '•'.repeat(width));
}
