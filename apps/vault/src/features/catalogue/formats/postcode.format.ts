import type { Format } from './format.js';
import { digits, kept, letter, numbers, oneOf, type Part, takeApart } from './parts.js';

const space = kept(' ');
const dash = kept('-');

// The letters of Canada and Britain that are never used, since they are misread; and those that begin no area.
const canadian = letter('ABCEGHJKLMNPRSTVWXYZ');
const british = {
  first: letter('ABCDEFGHIJKLMNOPRSTUWYZ'),
  second: letter('ABCDEFGHKLMNOPQRSTUVWXY'),
  third: letter('ABCDEFGHJKPSTUW'),
  fourth: letter('ABEHMNPRVWXY'),
  inward: letter('ABDEFGHJLNPQRSTUWXYZ'),
};
const digit = digits(1);
const inward = [space, digit, british.inward, british.inward];
const dutch = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].flatMap((one) =>
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((two) => one + two),
);
// Left out for what they stood for.
const dutchLetters = oneOf(dutch.filter((letters) => !['SA', 'SD', 'SS'].includes(letters)));

/**
 * The shapes of a country's postcodes, from the Universal Postal Union's "Postal addressing systems"; Britain's from BS 7666
 * and PAF's programmer's guide. A shape is all that is checked: whether there is such a place only a register knows.
 */
const SHAPES = {
  AT: [[numbers(4, 1_000, 9_999)]],
  AU: [[numbers(4, 200, 9_999)]],
  BE: [[numbers(4, 1_000, 9_999)]],
  CA: [[letter('ABCEGHJKLMNPRSTVXY'), digit, canadian, space, digit, canadian, digit]],
  CH: [[numbers(4, 1_000, 9_999)]],
  CZ: [[numbers(3, 100, 799), space, digits(2)]],
  DE: [[numbers(5, 1_001, 99_998)]],
  DK: [[numbers(4, 100, 9_999)]],
  ES: [[numbers(2, 1, 52), digits(3)]],
  FI: [[digits(5)]],
  FR: [[numbers(2, 1, 98), digits(3)]],
  GB: [
    [british.first, digit, ...inward],
    [british.first, digit, digit, ...inward],
    [british.first, british.second, digit, ...inward],
    [british.first, british.second, digit, digit, ...inward],
    [british.first, digit, british.third, ...inward],
    [british.first, british.second, digit, british.fourth, ...inward],
  ],
  IT: [[digits(5)]],
  JP: [[digits(3), dash, digits(4)]],
  NL: [[numbers(4, 1_000, 9_999), space, dutchLetters]],
  NO: [[digits(4)]],
  PL: [[digits(2), dash, digits(3)]],
  PT: [[numbers(4, 1_000, 9_999), dash, digits(3)]],
  SE: [[numbers(3, 100, 999), space, digits(2)]],
  US: [[digits(5)], [digits(5), dash, digits(4)]],
} as const satisfies Readonly<Record<string, readonly (readonly Part[])[]>>;

export type PostcodeCountry = keyof typeof SHAPES;
export const POSTCODE_COUNTRIES = Object.keys(SHAPES) as [PostcodeCountry, ...PostcodeCountry[]];

/** Postcodes of one country, of the shape that the value has. */
export function postcodeFormat(country: PostcodeCountry): Format {
  const shapes: readonly (readonly Part[])[] = SHAPES[country];
  return {
    slots: (value) => {
      for (const shape of shapes) {
        const slots = takeApart(value, shape);
        if (slots) return slots;
      }
      return null;
    },
  };
}

/** Writes a postcode as its country does: upper case, and the space or dash where it belongs, however it was sent. */
export function spacedAs(country: PostcodeCountry, text: string): string {
  const bare = text.toUpperCase().replace(/[\s-]/g, '');
  const shape = SHAPES[country]
    .map((parts: readonly Part[]) => spaced(bare, parts))
    .find((one) => one !== null);
  return shape ?? text;
}

function spaced(bare: string, parts: readonly Part[]): string | null {
  let rest = bare;
  let text = '';
  for (const part of parts) {
    const mark = part === space || part === dash;
    text += mark ? part.write(0) : rest.slice(0, part.width);
    rest = mark ? rest : rest.slice(part.width);
  }
  return rest === '' && takeApart(text, parts) ? text : null;
}
