import { oneLine } from '@integument/contracts';
import { folded } from './folded.js';
import { type Kind, PLAIN } from './kind.js';

/** One line of text, compared as it stands. */
export const line: Kind = { ...PLAIN, schema: oneLine(200), masks: ['first', 'last'] };

/** A name, compared without regard to case. No `equals`: a thousand names are most of them, and could all be tried. */
export const name: Kind = {
  ...PLAIN,
  schema: oneLine(200),
  normalise: folded,
  masks: ['first', 'initials'],
};

/** What an account or a customer is called elsewhere. */
export const account: Kind = {
  ...PLAIN,
  schema: oneLine(128),
  masks: ['first', 'last'],
  questions: ['equals'],
};
