import type { Format, Slots } from '../format.js';

const PLACES = 10;
const above = (place: number) => Array.from({ length: PLACES - 1 - place }, (_, more) => place + 1 + more);
/** The places that the digit which repeats can have: 45 for two, 112 for three. */
const TWO = above(-1).flatMap((a) => above(a).map((b) => [a, b] as const));
const THREE = TWO.flatMap(([a, b]) => above(b).map((c) => [a, b, c] as const)).filter(
  ([a, , c]) => c !== a + 2,
);

/**
 * Steuerliche Identifikationsnummer: ten digits of which one stands there twice or three times (since 2016; never three times in a row), the
 * others at most once; not beginning with zero, which is for tests; and a check digit by ISO 7064, MOD 11,10.
 * Source: ELSTER, "Prüfung der Steuer- und Steueridentifikationsnummer", chapter 2; the European Commission's TIN check.
 *
 * Only one in thirty texts of ten digits is one, so they are numbered as what they are: which places have the digit that repeats, and then
 * the digits in the order of a selection without repetition: the one that repeats, then the others.
 */
export const deSteuerId: Format = {
  slots: (value) => {
    if (!/^[1-9][0-9]{10}$/.test(value)) return null;
    const times = timesRepeated(value.slice(0, PLACES));
    return times === null ? null : slotsOf(value, times);
  },
};

function slotsOf(value: string, times: 2 | 3): Slots | null {
  const places = times === 2 ? TWO : THREE;
  const rest = PLACES - times + 1;
  const write = (index: bigint) => written(Number(index), places, rest);
  const body = [...value.slice(0, PLACES)].map(Number);
  const repeated = body.find((digit, at) => body.indexOf(digit) !== at) ?? -1;
  const at = places.findIndex((some) => some.every((place) => body[place] === repeated));
  if (at < 0) return null;
  const order = [repeated, ...body.filter((digit) => digit !== repeated)];
  const index = BigInt(at * arrangements(rest) + rankOf(order));
  if (write(index) !== value) return null;
  return { size: BigInt(places.length * arrangements(rest)), index, kept: `${times} of a digit`, write };
}

/** Null for the one in ten that begins with zero. */
function written(index: number, places: readonly (readonly number[])[], rest: number): string | null {
  const at = places[Math.floor(index / arrangements(rest))];
  const [repeated = 0, ...others] = orderOf(index % arrangements(rest), rest);
  const body = Array.from({ length: PLACES }, (_, place) =>
    at?.includes(place) ? repeated : others.shift(),
  );
  return body[0] === 0 ? null : `${body.join('')}${checkOf(body.join(''))}`;
}

/** How often the one digit stands there that does so more than once; null unless it is one, twice or three times. */
function timesRepeated(body: string): 2 | 3 | null {
  const counts = [...new Set(body)].map((digit) => body.split(digit).length - 1).filter((count) => count > 1);
  const [times] = counts;
  return counts.length === 1 && (times === 2 || times === 3) ? times : null;
}

/** In how many orders so many of the ten digits can stand. */
function arrangements(count: number): number {
  let orders = 1;
  for (let left = 10; left > 10 - count; left--) orders *= left;
  return orders;
}

/** Each digit by its place among those that are left, as in a factorial number system. */
function rankOf(order: readonly number[]): number {
  const left = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return order.reduce((rank, digit) => {
    const at = left.indexOf(digit);
    const next = rank * left.length + at;
    left.splice(at, 1);
    return next;
  }, 0);
}

function orderOf(rank: number, count: number): number[] {
  const places: number[] = [];
  let rest = rank;
  for (let left = 10 - count + 1; left <= 10; left++) {
    places.unshift(rest % left);
    rest = Math.floor(rest / left);
  }
  const left = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return places.flatMap((place) => left.splice(place, 1));
}

/** ISO/IEC 7064, MOD 11,10. */
function checkOf(body: string): number {
  const product = [...body].reduce((product, digit) => {
    const sum = (Number(digit) + product) % 10 || 10;
    return (sum * 2) % 11;
  }, 10);
  return (11 - product) % 10;
}
