import { describe, expect, it } from 'vitest';
import { planSearch, searchSection } from './search-plan.js';
import { uncovered, wayOf } from './search-way.js';

const plan = planSearch(
  searchSection.parse({
    people: 100_000,
    indexes: {
      domain: { of: ['email:domain'], bits: 4 },
      'name-and-year': { of: ['family_name', 'birth_date:year'], bits: 6 },
      country: { of: ['postal_address:country'], bits: 0 },
    },
  }),
);
const through = (where: object) => wayOf(plan, where).through.map(({ name }) => name);

describe('a search is allowed', () => {
  it.each([
    [{ email: 'a@b.org' }],
    [{ email: 'a@b.org', phone: '+441632960001', account_id: 'x' }],
    [{ 'email:domain': 'b.org' }],
    [{ family_name: 'x', 'birth_date:year': 1990 }],
    [{ 'email:domain': 'b.org', 'postal_address:country': 'DE' }],
    [{ phone: '+441632960001', 'postal_address:country': 'DE' }],
  ])('%o', (where) => {
    expect(uncovered(plan, where)).toEqual([]);
  });

  it.each<[object, string[]]>([
    [{ given_name: 'x' }, ['given_name']],
    // Only together with the year: else years and names could be tried one by one.
    [{ family_name: 'x' }, ['family_name']],
    [{ email: 'a@b.org', family_name: 'x' }, ['family_name']],
    [{ email: 'a@b.org', 'birth_date:year': 1990 }, ['birth_date:year']],
    [{ 'email:domain': 'b.org', birth_date: '1990-01-01', given_name: 'x' }, ['birth_date', 'given_name']],
    // Of no bits: it narrows what something else leads to.
    [{ 'postal_address:country': 'DE' }, ['postal_address:country']],
  ])('but not %o', (where, left) => {
    expect(uncovered(plan, where)).toEqual(left);
  });

  it('by nothing but what names somebody where nothing is declared', () => {
    const none = planSearch(undefined);
    expect(uncovered(none, { email: 'a@b.org', phone: '+441632960001' })).toEqual([]);
    expect(uncovered(none, { 'email:domain': 'b.org' })).toEqual(['email:domain']);
  });
});

describe('a search goes', () => {
  it('by a whole value where one is given', () => {
    const where = { phone: '+441632960001', 'email:domain': 'b.org' };
    expect(wayOf(plan, where)).toEqual({ exact: 'phone', through: [] });
  });

  it('through all indexes that it may use, else', () => {
    expect(through({ 'email:domain': 'b.org' })).toEqual(['domain']);
    expect(
      through({
        'email:domain': 'b.org',
        family_name: 'x',
        'birth_date:year': 1990,
        'postal_address:country': 'DE',
      }),
    ).toEqual(['domain', 'name-and-year']);
  });
});
