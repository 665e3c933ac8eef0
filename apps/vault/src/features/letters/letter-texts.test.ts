import { LANGUAGES, LETTER_TEMPLATES, type LetterTemplate } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { type LetterParts, writeLetter } from './letter-texts.js';

const EACH = LANGUAGES.flatMap((language) => LETTER_TEMPLATES.map((template) => ({ language, template })));
const parts = (more: Partial<LetterParts>): LetterParts => ({
  template: 'consent-ends',
  language: 'en',
  on: '2027-03-09',
  givenName: undefined,
  portal: 'https://portal.example',
  ...more,
});

/** What a letter would say of somebody's health, of what a consent is for, or of what is sold. */
const TELLING =
  /skin|health|derma|cosm|product|reading|purpose|recommend|sensor|heart|treat|medic|integument|haut|gesund|pflege|produkt|mess|zweck|empfehl|herz|behandl|mediz|kosmet|ingest|analy/i;

/** What would not be true of each that ends, or is erased: how it ended, on what it rested, and who said so. */
const CLAIMING =
  /consent|agree|gave|took|withdr|object|expir|einwillig|zustimm|gegeben|widerr|widerspr|abgelaufen/i;
const ANY_USE: readonly LetterTemplate[] = ['consent-ends', 'consent-ended', 'erasure-planned'];

describe.each(EACH.filter(({ template }) => ANY_USE.includes(template)))(
  '$template in $language',
  (parted) => {
    it('is true of what rested on consent and what on an interest, however it ended', () => {
      expect(writeLetter(parts(parted)).text).not.toMatch(CLAIMING);
    });
  },
);

describe.each(EACH)('$template in $language', ({ language, template }) => {
  const written = writeLetter(parts({ language, template, givenName: 'Zoë' }));

  it('says nothing of health, and not what a consent is for', () => {
    expect(`${written.subject}\n${written.text}`).not.toMatch(TELLING);
  });

  it('greets, leads to where one signs in, and has the one subject of all letters', () => {
    expect(written.text).toMatch(/^(Hello|Guten Tag) Zoë,\n\n/);
    expect(written.text).toContain('\n\nhttps://portal.example\n\n');
    expect(written.subject).toBe(writeLetter(parts({ language })).subject);
    expect(written.text).not.toMatch(/undefined|null|Invalid|NaN/);
  });

  it('has its day where it has one, in words of the language', () => {
    const day = language === 'en' ? '9 March 2027' : '9. März 2027';
    const dated = template === 'consent-ends' || template === 'erasure-planned';
    expect(written.text.includes(day)).toBe(dated);
  });
});

describe('a given name', () => {
  it.each(['Amélie', 'Jean-Luc', 'Mary Ann', 'O’Neil', '美咲', 'नीलम'])('%s is greeted', (givenName) => {
    expect(writeLetter(parts({ givenName })).text).toMatch(new RegExp(`^Hello ${givenName},\n`));
  });

  it.each([
    'evil.example',
    'https://evil.example',
    'Ada\nBcc: all@example.org',
    'Ada\u2028second line',
    'Ada\u202eright to left',
    '<b>Ada</b>',
    'Ada, you have won: call +44 1632 960001',
    '@ada',
    '-',
    ' Ada',
    'A'.repeat(101),
    '',
  ])('%j, of which more could be made than a name, is left out', (givenName) => {
    expect(writeLetter(parts({ givenName })).text).toMatch(/^Hello,\n/);
  });
});

it('the day is the one that was asked for, wherever the server is', () => {
  for (const [on, day] of [
    ['2027-01-01', '1 January 2027'],
    ['2028-02-29', '29 February 2028'],
    ['2027-12-31', '31 December 2027'],
  ] as const)
    expect(writeLetter(parts({ on })).text).toContain(day);
});
