import { type Predicate, predicate } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindDeclaration, kindOf } from './kinds/index.js';
import { answer } from './predicates.js';

const TODAY = '2026-03-01';
const ask = (
  declaration: object,
  value: unknown,
  question: object,
  today = TODAY,
  region: string | null = null,
) => {
  const kind = kindOf(kindDeclaration.parse(declaration));
  return answer(kind, kind.schema.parse(value), predicate.parse(question), today, region);
};
const adult = { predicate: 'at-least-years', years: 18 };
const minor = { predicate: 'at-most-years', years: 17 };
const address = { lines: ['1 High Street'], locality: 'Leeds', country: 'GB' };

describe('the question of an age', () => {
  it.each([
    ['2008-03-02', TODAY, false],
    ['2008-03-01', TODAY, true],
    ['2007-12-31', TODAY, true],
    ['2009-01-01', TODAY, false],
    // Born on 29 February: of age on 1 March in a common year, on the day itself in a leap year.
    ['2008-02-29', '2026-02-28', false],
    ['2008-02-29', '2026-03-01', true],
    ['2006-02-28', '2024-02-28', true],
    ['2006-03-01', '2024-02-29', false],
    ['2030-01-01', TODAY, false],
    ['9999-12-31', TODAY, false],
    ['0001-01-01', TODAY, true],
  ])('of somebody born on %s is answered on %s: %s', (born, today, is) => {
    expect(ask({ kind: 'date' }, born, adult, today)).toBe(is);
    expect(ask({ kind: 'date' }, born, minor, today)).toBe(!is);
  });

  it('is the same on the 29th of February itself', () => {
    expect(ask({ kind: 'date' }, '2008-02-29', { ...adult, years: 16 }, '2024-02-28')).toBe(false);
    expect(ask({ kind: 'date' }, '2008-02-29', { ...adult, years: 16 }, '2024-02-29')).toBe(true);
  });

  it('says which of six bands somebody is in, and no more, when all of them are asked', () => {
    const asked = [
      ...[13, 16, 18, 21, 65].map((years) => ({ predicate: 'at-least-years', years })),
      ...[12, 15, 17, 20, 64].map((years) => ({ predicate: 'at-most-years', years })),
    ];
    const answers = new Set<string>();
    for (let year = 1900; year <= 2026; year++) {
      for (const day of ['01-01', '02-28', '03-01', '03-02', '12-31']) {
        answers.add(asked.map((question) => ask({ kind: 'date' }, `${year}-${day}`, question)).join());
      }
    }
    expect(answers.size).toBe(6);
  });
});

describe('the question whether somebody agrees by themselves', () => {
  it.each([
    ['DE', '2010-03-02', '2026-03-01', '2026-03-02'],
    ['FR', '2011-03-02', '2026-03-01', '2026-03-02'],
    ['AT-9', '2012-03-02', '2026-03-01', '2026-03-02'],
    ['US-CA', '2013-03-02', '2026-03-01', '2026-03-02'],
    // Born on 29 February: in a common year on 1 March, in a leap year on the day itself.
    ['GB', '2012-02-29', '2025-02-28', '2025-03-01'],
    ['DE', '2012-02-29', '2028-02-28', '2028-02-29'],
    // Where the law says nothing, and where nobody knows.
    ['JP', '2010-03-02', '2026-03-01', '2026-03-02'],
    [null, '2010-03-02', '2026-03-01', '2026-03-02'],
  ])('of %s, born on %s: not yet on %s, and on %s', (region, born, before, birthday) => {
    const question = { predicate: 'of-consent-age' };
    expect(ask({ kind: 'date' }, born, question, before, region)).toBe(false);
    expect(ask({ kind: 'date' }, born, question, birthday, region)).toBe(true);
  });

  it('takes no country from who asks', () => {
    expect(predicate.safeParse({ predicate: 'of-consent-age', country: 'DE' }).success).toBe(false);
  });
});

describe('the question of a country', () => {
  it.each<[object, unknown, string, boolean]>([
    [{ kind: 'postal-address' }, address, 'GB', true],
    [{ kind: 'postal-address' }, address, 'IE', false],
    [{ kind: 'phone' }, '+442079460123', 'GB', true],
    [{ kind: 'phone' }, '+442079460123', 'JE', false],
    [{ kind: 'phone' }, '+14165550123', 'CA', true],
    [{ kind: 'phone' }, '+14165550123', 'US', false],
    [{ kind: 'phone' }, '+11234567890', 'US', false],
    [{ kind: 'phone' }, '+9999999999', 'US', false],
    [{ kind: 'postcode', country: 'NL' }, '1012 JS', 'NL', true],
    [{ kind: 'postcode', country: 'NL' }, '1012 JS', 'BE', false],
  ])('of %j %j: is it of %s? %s', (declaration, value, country, is) => {
    expect(ask(declaration, value, { predicate: 'same-country', country })).toBe(is);
  });
});

describe('the question of a domain', () => {
  it.each([
    ['ada@Example.org', 'example.ORG', true],
    ['ada@example.org', 'example.com', false],
    ['ada@mail.example.org', 'example.org', false],
    ['ada@example.org', 'mple.org', false],
  ])('of %s: is it at %s? %s', (email, domain, is) => {
    expect(ask({ kind: 'email' }, email, { predicate: 'same-domain', domain })).toBe(is);
  });
});

describe('the question of a value', () => {
  it.each<[object, unknown, unknown, boolean]>([
    [{ kind: 'email' }, 'ada@example.org', 'ADA@example.org', true],
    [{ kind: 'email' }, 'ada@example.org', 'ida@example.org', false],
    [{ kind: 'phone' }, '+441632960001', '+44 (1632) 960001', true],
    [{ kind: 'account' }, 'A-1815', 'a-1815', false],
    [{ kind: 'postal-address' }, address, { ...address, lines: ['1 HIGH STREET'] }, true],
    [{ kind: 'postal-address' }, address, { ...address, lines: ['2 High Street'] }, false],
  ])('of %j %j: is it %j? %s', (declaration, value, asked, is) => {
    expect(ask(declaration, value, { predicate: 'equals', value: asked })).toBe(is);
  });

  it('is yes for every account and itself, and no for every other', () => {
    const text = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(text, text, (one, other) => {
        const question = { predicate: 'equals', value: other };
        expect(ask({ kind: 'account' }, one, question)).toBe(one.trim() === other.trim());
        expect(ask({ kind: 'account' }, other, question)).toBe(true);
      }),
    );
  });

  it('is refused for what the kind cannot be, whatever the value is', () => {
    const wrong = { predicate: 'equals', value: 'no mail' };
    expect(() => ask({ kind: 'email' }, 'ada@example.org', wrong)).toThrow('catalogue.question_unfit');
    expect(() => ask({ kind: 'postal-address' }, address, wrong)).toThrow('catalogue.question_unfit');
    const place = { predicate: 'equals', value: address };
    expect(() => ask({ kind: 'account' }, 'A-1', place)).toThrow('catalogue.question_unfit');
  });
});

const ASKED: Record<Predicate['predicate'], object> = {
  'at-least-years': adult,
  'at-most-years': minor,
  'of-consent-age': { predicate: 'of-consent-age' },
  'same-country': { predicate: 'same-country', country: 'DE' },
  'same-domain': { predicate: 'same-domain', domain: 'example.org' },
  equals: { predicate: 'equals', value: 'x' },
};

describe('a question that a kind is not asked', () => {
  it.each<[object, unknown, (keyof typeof ASKED)[]]>([
    [{ kind: 'name' }, 'Ada', []],
    [{ kind: 'line' }, 'Ada', []],
    [{ kind: 'text' }, 'Ada', []],
    [{ kind: 'date' }, '1815-12-10', ['at-least-years', 'at-most-years', 'of-consent-age']],
    [{ kind: 'card' }, '4242424242424242', []],
    [{ kind: 'national-id', scheme: 'us-ssn' }, '219099999', []],
    [{ kind: 'postcode', country: 'DE' }, '10117', ['same-country']],
    [{ kind: 'account' }, 'A-1815', ['equals']],
    [{ kind: 'phone' }, '+441632960001', ['same-country', 'equals']],
    [{ kind: 'email' }, 'ada@example.org', ['same-domain', 'equals']],
    [{ kind: 'postal-address' }, address, ['same-country', 'equals']],
  ])('of %j is refused', (declaration, value, allowed) => {
    const names = Object.keys(ASKED) as (keyof typeof ASKED)[];
    for (const name of names.filter((name) => !allowed.includes(name))) {
      expect(() => ask(declaration, value, ASKED[name]), name).toThrow('catalogue.question_unfit');
    }
    expect(kindOf(kindDeclaration.parse(declaration)).questions).toEqual(allowed);
  });
});
