import { type SearchPart, type SomeIdentityFields, searchWhere } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fits, isCoarse, PARTS } from './search-parts.js';

const ada: SomeIdentityFields = {
  email: 'Ada.Lovelace@Example.ORG',
  phone: '+441632960001',
  given_name: 'Ada',
  family_name: 'Großmann',
  birth_date: '1990-12-10',
  account_id: 'A-1815',
  postal_address: { lines: ['1 Row'], locality: 'London', postcode: 'sw1a 1aa', country: 'GB' },
};

/** As the route does: the contract first. */
const found = (where: object) => fits(ada, searchWhere.parse(where));

describe('somebody fits', () => {
  it.each([
    [{ email: ' ada.lovelace@example.org ' }],
    [{ phone: '+44 1632 960001' }],
    [{ account_id: 'A-1815' }],
    [{ 'email:domain': 'EXAMPLE.org' }],
    [{ 'phone:last4': '0001' }],
    [{ family_name: 'GROSSMANN' }],
    [{ family_name: 'großmann' }],
    [{ 'family_name:initial': 'g' }],
    [{ given_name: 'ADA', 'given_name:initial': 'A' }],
    [{ birth_date: '1990-12-10', 'birth_date:year': 1990 }],
    [{ 'postal_address:country': 'GB', 'postal_address:area': 'GB SW' }],
  ])('%o', (where) => {
    expect(found(where)).toBe(true);
  });

  it.each([
    [{ email: 'ada@example.org' }],
    [{ 'email:domain': 'mail.example.org' }],
    [{ 'email:domain': 'example.com' }],
    [{ family_name: 'Grosman' }],
    [{ 'birth_date:year': 1991 }],
    [{ 'postal_address:area': 'DE SW' }],
    // One of several is enough not to be it.
    [{ given_name: 'Ada', 'birth_date:year': 1991 }],
  ])('not %o', (where) => {
    expect(found(where)).toBe(false);
  });

  it('not by what they do not have', () => {
    const nobody = { given_name: 'Ada' };
    for (const part of Object.keys(PARTS) as SearchPart[])
      expect(PARTS[part].had(nobody) === null).toBe(!part.startsWith('given_name'));
    const { postcode: _, ...address } = ada.postal_address ?? { lines: [], locality: '', country: 'GB' };
    expect(PARTS['postal_address:area'].had({ postal_address: address })).toBeNull();
  });
});

describe('a name is one name', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const one = (text: string) => PARTS.family_name.asked(text);

  it('in all capitals, in small letters, decomposed', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(one(text.toUpperCase())).toBe(one(text));
        expect(one(text.normalize('NFD'))).toBe(one(text));
        expect(one(one(text))).toBe(one(text));
      }),
    );
  });

  it('and begins with one character, marks and all', () => {
    const initial = PARTS['family_name:initial'].asked;
    expect(['Élie', 'E\u0301lie', 'élie', '𠮷田', ' Ada'].map(initial)).toEqual(['é', 'é', 'é', '𠮷', 'a']);
  });
});

describe('what is asked for', () => {
  it.each([
    [{}],
    [{ 'email:domain': 'example' }],
    [{ 'email:domain': 'a@example.org' }],
    [{ 'birth_date:year': '1990' }],
    [{ 'birth_date:year': 1899 }],
    [{ 'family_name:initial': 'ab' }],
    [{ 'family_name:initial': '' }],
    [{ 'phone:last4': '123' }],
    [{ 'postal_address:country': 'gb' }],
    [{ 'postal_address:area': 'SW1' }],
    [{ 'email:local': 'ada' }],
    [{ postal_address: ada.postal_address }],
    [{ email: null }],
    [{ constructor: 'x' }],
  ])('is not %o', (where) => {
    expect(searchWhere.safeParse(where).success).toBe(false);
  });

  it('is one person, or goes through many', () => {
    expect([isCoarse({ email: 'a@b.org', phone: '+441632960001' }), isCoarse({ account_id: 'x' })]).toEqual([
      false,
      false,
    ]);
    expect([isCoarse({ 'birth_date:year': 1990 }), isCoarse({ email: 'a@b.org', family_name: 'x' })]).toEqual(
      [true, true],
    );
  });
});
