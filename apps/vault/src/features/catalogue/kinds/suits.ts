import type { Mask } from '../mask.js';
import type { Kind, MaskWord } from './kind.js';

/** Whether each word of a mask shows something of values of this kind that it means to: of a name there is no domain. */
export function suits({ masks }: Kind, { first, last, initials, part }: Mask): boolean {
  const words: (MaskWord | false | null)[] = [
    first > 0 && 'first',
    last > 0 && 'last',
    initials && 'initials',
    part,
  ];
  return words.every((word) => !word || masks.includes(word));
}
