import { describe, expect, it } from 'vitest';
import { PREDICATES, predicate } from './predicates.js';

describe('a question about a value', () => {
  it.each([
    { predicate: 'at-least-years', years: 18 },
    { predicate: 'at-most-years', years: 17 },
    { predicate: 'of-consent-age' },
    { predicate: 'same-country', country: 'DE' },
    { predicate: 'same-domain', domain: 'mail.example.org' },
    { predicate: 'same-domain', domain: 'bücher.example' },
    { predicate: 'equals', value: 'ada@example.org' },
    { predicate: 'equals', value: { lines: ['1 High Street'], locality: 'Leeds', country: 'GB' } },
  ])('is $predicate', (question) => {
    expect(predicate.parse(question)).toEqual(question);
  });

  it.each([
    ['an age that is not on the list', { predicate: 'at-least-years', years: 19 }],
    ['the age of another question, which would single out a year', { predicate: 'at-most-years', years: 18 }],
    ['a day of the caller’s choice', { predicate: 'at-least-years', years: 18, on: '2020-01-01' }],
    ['a country of the caller’s choice to be of age in', { predicate: 'of-consent-age', country: 'DE' }],
    ['the year of birth', { predicate: 'year-equals', year: 1815 }],
    ['a country in words', { predicate: 'same-country', country: 'Germany' }],
    ['a part of a domain', { predicate: 'same-domain', domain: 'org' }],
    ['an address in place of a domain', { predicate: 'same-domain', domain: 'ada@example.org' }],
    ['a pattern', { predicate: 'equals', value: { $like: 'a%' } }],
    ['nothing', { predicate: 'equals', value: '' }],
    ['no question', { predicate: 'constructor' }],
  ])('is not %s', (_, question) => {
    expect(predicate.safeParse(question).success).toBe(false);
  });

  it('has a name of its own', () => {
    expect(PREDICATES).toEqual([
      'at-least-years',
      'at-most-years',
      'of-consent-age',
      'same-country',
      'same-domain',
      'equals',
    ]);
  });
});
