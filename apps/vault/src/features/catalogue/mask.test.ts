import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedMask, type Maskable, maskOf, parseMask } from './mask.js';

const masked = (mask: string, value: Maskable | string) =>
  maskOf(parseMask(mask), typeof value === 'string' ? { text: value } : value);

describe('a mask', () => {
  it.each<[string, Maskable | string, string]>([
    ['hidden', 'Ada Lovelace', '•••'],
    ['first:1', 'Adele', 'A•••'],
    ['first:1', 'Ada', '•••'],
    ['last:4', '4242424242421234', '•••1234'],
    // A quarter of fifteen digits is three.
    ['last:4', '378282246310005', '•••005'],
    ['first:2 last:2', '+441632960001', '+•••01'],
    // Four characters, in more than four units of UTF-16.
    ['first:1', '𠮷𠮷𠮷𠮷', '𠮷•••'],
    ['first:1', '𠮷𠮷𠮷', '•••'],
    ['initials', 'Augusta Ada King', 'A••• ••• K•••'],
    ['first:1 domain', { text: 'anna', domain: 'example.org' }, 'a•••@example.org'],
    ['domain', { text: 'anna', domain: 'example.org' }, '•••@example.org'],
    ['domain', 'no mail', '•••'],
    ['year', { text: '1815-12-10', year: '1815' }, '1815-••-••'],
    ['country', { text: 'St James’s Square', country: 'GB' }, '•••, GB'],
  ])('%s of a value', (mask, value, shown) => {
    expect(masked(mask, value)).toBe(shown);
  });

  it.each([
    '',
    'first',
    'first:0',
    'first:10',
    'last:-1',
    'first:1 first:2',
    'domain year',
    'initials last:2',
    'hidden domain',
    'first:1 year',
    'year initials',
    'first:1  last:1',
    ' domain',
    'all',
    'constructor',
    '__proto__',
  ])('is none: %j', (mask) => {
    expect(() => parseMask(mask)).toThrow(MalformedMask);
  });

  it('shows a quarter of the characters at most, whatever the text', () => {
    const digit = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), digit, digit, (text, first, last) => {
        const shown = masked(`first:${first} last:${last}`, text).replace('•••', '');
        expect([...shown].length).toBeLessThanOrEqual([...text].length / 4);
      }),
    );
  });

  it('says nothing of how much is hidden', () => {
    const long = 'x'.repeat(99);
    expect(masked('first:1 last:1', `a${long}b`)).toBe(masked('first:1 last:1', `a${long}${long}b`));
  });
});
