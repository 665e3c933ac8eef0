/** What a mask can be taken of: a value in its parts, as its kind knows them. */
export interface Maskable {
  /** what `first` and `last` count from: of an address of mail what stands before the @ */
  readonly text: string;
  readonly domain?: string | undefined;
  readonly year?: string | undefined;
  /** ISO 3166-1 alpha-2 */
  readonly country?: string | undefined;
}

/** What of a value may be shown without a reason. */
export interface Mask {
  readonly first: number;
  readonly last: number;
  readonly initials: boolean;
  readonly part: 'domain' | 'year' | 'country' | null;
}

/** A mask is written in another way than {@link parseMask} knows. */
export class MalformedMask extends Error {
  override readonly name = 'MalformedMask';
}

const HIDDEN = '•••';
/** Of which one part may be shown. A short value shows nothing: of "Li" one letter would be half. */
const WHOLE = 4;
const COUNTED = /^(first|last):([1-9])$/;
const NOTHING: Mask = { first: 0, last: 0, initials: false, part: null };

/**
 * Reads a mask: `hidden`, or words with a space between: `first:1` … `first:9`, `last:1` … `last:9` (characters, and never more than
 * a quarter of the text together), `initials` (of each word), and one of `domain`, `country`; or `year` alone.
 * @throws {MalformedMask}
 */
export function parseMask(text: string): Mask {
  if (text === 'hidden') return NOTHING;
  const words = text.split(' ');
  if (new Set(words.map(nameOf)).size !== words.length) throw new MalformedMask('a word stands twice');
  const mask = words.reduce(withWord, NOTHING);
  if (mask.initials && mask.first + mask.last > 0) throw new MalformedMask('initials beside first or last');
  // It would show the year alone, and nobody would know that the other word does nothing.
  if (mask.part === 'year' && words.length > 1) throw new MalformedMask('another word beside year');
  return mask;
}

/** Shows what the mask lets through, and three dots for all else, however much that is. */
export function maskOf({ first, last, initials, part }: Mask, value: Maskable): string {
  if (part === 'year') return value.year === undefined ? HIDDEN : `${value.year}-••-••`;
  const hidden = initials ? initialsOf(value.text) : endsOf(value.text, first, last);
  if (part === 'domain') return value.domain === undefined ? hidden : `${hidden}@${value.domain}`;
  if (part === 'country') return value.country === undefined ? hidden : `${hidden}, ${value.country}`;
  return hidden;
}

function withWord(mask: Mask, word: string): Mask {
  const counted = COUNTED.exec(word);
  if (counted) return { ...mask, [String(counted[1])]: Number(counted[2]) };
  if (word === 'initials') return { ...mask, initials: true };
  if (word !== 'domain' && word !== 'year' && word !== 'country') throw new MalformedMask('an unknown word');
  if (mask.part) throw new MalformedMask('two parts of a value');
  return { ...mask, part: word };
}

function nameOf(word: string): string {
  return word.split(':')[0] ?? word;
}

function endsOf(text: string, first: number, last: number): string {
  const characters = [...text];
  const most = Math.floor(characters.length / WHOLE);
  // The end of a number says most to whom it belongs, so it goes first where there is not enough for both.
  const after = Math.min(last, most);
  const before = Math.min(first, most - after);
  return `${characters.slice(0, before).join('')}${HIDDEN}${after === 0 ? '' : characters.slice(-after).join('')}`;
}

function initialsOf(text: string): string {
  return text
    .split(/\s+/u)
    .map((word) => endsOf(word, 1, 0))
    .join(' ');
}
