import { emailAddress } from '@integument/contracts';
import { type Kind, PLAIN } from './kind.js';

export const email: Kind = {
  ...PLAIN,
  schema: emailAddress,
  // What stands before the @ may differ by case in principle (RFC 5321, 2.4); no provider gives two people such addresses.
  normalise: (text) => text.toLowerCase(),
  parts: (text) => {
    const at = text.lastIndexOf('@');
    return { text: text.slice(0, at), domain: text.slice(at + 1) };
  },
  masks: ['first', 'last', 'domain'],
  questions: ['same-domain', 'equals'],
};
