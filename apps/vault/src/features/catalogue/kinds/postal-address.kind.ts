import { type PostalAddress, postalAddress } from '@integument/contracts';
import { folded } from './folded.js';
import type { Kind } from './kind.js';

const read = (text: string) => JSON.parse(text) as PostalAddress;

/** Sealed as JSON, with its parts in the schema's order. */
export const address: Kind = {
  schema: postalAddress.transform((address) => JSON.stringify(address)),
  value: read,
  normalise: (text) => {
    const { lines, locality, region = '', postcode = '', country } = read(text);
    // As JSON, since joined lines of two addresses could be one text.
    const bare = folded(postcode).replace(/[ -]/g, '');
    return JSON.stringify([lines.map(folded), folded(locality), folded(region), bare, country]);
  },
  parts: (text) => {
    const { lines, country } = read(text);
    return { text: lines.join(', '), country };
  },
  masks: ['country'],
  questions: ['same-country', 'equals'],
  isOf: (text, country) => read(text).country === country,
};
