import { SEARCH_PARTS } from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bitsTold,
  type CoarseIndex,
  planSearch,
  populationBehind,
  SearchPlanRefused,
  searchSection,
} from './search-plan.js';

type Declared = Readonly<Record<string, { of: string[]; bits: number }>>;
const declared = (people: number, indexes: Declared) => searchSection.parse({ people, indexes });
const plan = (people: number, indexes: Declared) => planSearch(declared(people, indexes));
const domain = (bits: number) => ({ of: ['email:domain'], bits });

const parts = fc.uniqueArray(fc.constantFrom(...SEARCH_PARTS), { minLength: 1, maxLength: 4 });
const index: fc.Arbitrary<CoarseIndex> = fc.record({
  name: fc.constant('one'),
  of: parts,
  bits: fc.integer({ min: 0, max: 24 }),
});
const indexes = fc.array(index, { maxLength: 5 });

describe('what digests tell of one person', () => {
  it.each<[string, [string[], number][], number]>([
    ['nothing without an index', [], 0],
    ['no more than their bits', [[['email:domain'], 10]], 10],
    ['no more than there are values: 200 years', [[['birth_date:year'], 20]], Math.log2(200)],
    ['nothing where nothing is stored', [[['family_name'], 0]], 0],
    [
      'together what each tells, as they share a row',
      [
        [['email:domain'], 6],
        [['family_name'], 5],
      ],
      11,
    ],
    [
      'of one field in two indexes twice',
      [
        [['email:domain'], 6],
        [['email:domain', 'family_name'], 5],
      ],
      11,
    ],
    // Both are of the year alone or of what the year and the last digits can be together: 200 · 10,000.
    [
      'no more than all their parts can be',
      [
        [['birth_date:year'], 24],
        [['birth_date:year', 'phone:last4'], 24],
      ],
      Math.log2(200 * 10_000),
    ],
    // What is countable is cut at its values, what isn't at its bits.
    [
      'each at its own end',
      [
        [['birth_date:year'], 24],
        [['email:domain'], 3],
      ],
      Math.log2(200) + 3,
    ],
  ])('is %s', (_, of, bits) => {
    const those = of.map(([named, own], at) => ({ name: `i${at}`, of: named, bits: own }) as CoarseIndex);
    expect(bitsTold(those)).toBeCloseTo(bits, 9);
  });

  it('is the people there are, halved for each bit: CipherSweet’s own example', () => {
    // ['L' => 16, 'K' => 24], ['L' => 8, 'K' => ∞]: 2^31 give 128, 2^24 give 1.
    const [sixteen, eight] = [
      { name: 'a', of: ['family_name'], bits: 16 } as const,
      { name: 'b', ...domain(8) },
    ];
    const both = [sixteen, eight] as CoarseIndex[];
    expect([populationBehind(both, 2 ** 31), populationBehind(both, 2 ** 24)]).toEqual([128, 1]);
  });

  it('is never lowered by one more index, nor by one more bit', () => {
    fc.assert(
      fc.property(indexes, index, (those, another) => {
        expect(bitsTold([...those, another])).toBeGreaterThanOrEqual(bitsTold(those));
        const wider = { ...another, bits: another.bits + 1 };
        expect(bitsTold([...those, wider])).toBeGreaterThanOrEqual(bitsTold([...those, another]));
      }),
    );
  });

  it('is never more than all their bits, nor than all values of their parts', () => {
    fc.assert(
      fc.property(indexes, (those) => {
        expect(bitsTold(those)).toBeLessThanOrEqual(those.reduce((sum, { bits }) => sum + bits, 0) + 1e-9);
      }),
    );
    const all = { name: 'all', of: ['birth_date:year', 'postal_address:country'], bits: 24 } as const;
    expect(bitsTold([all])).toBeCloseTo(Math.log2(200 * 676), 9);
  });
});

describe('the planner', () => {
  it('lets in what leaves 16 people behind each combination, and nothing that leaves fewer', () => {
    expect(plan(1_600, { domain: domain(6) })).toMatchObject({ told: 6, least: 1_024 });
    expect(plan(1_024, { domain: domain(6) }).least).toBe(1_024);
    expect(() => plan(1_023, { domain: domain(6) })).toThrow(SearchPlanRefused);
    expect(() => plan(15, { domain: domain(0) })).toThrow(SearchPlanRefused);
    expect(plan(16, { domain: domain(0) }).least).toBe(16);
  });

  it('says of all indexes what they tell, and by how much it is too much', () => {
    // Of 100,000 people log2(100,000 / 16) = 12.6 bits may be told; these tell 10 + 14.
    expect(() =>
      plan(100_000, { domain: domain(10), name: { of: ['family_name', 'birth_date:year'], bits: 14 } }),
    ).toThrow(
      'the search indexes of VAULT_CATALOGUE_FILE tell 24.0 bits of each person, 11.4 too many: of 100000 people ' +
        '0.0060 would share each combination, and must be 16 (domain tells 10.0; name tells 14.0, 1.4 too many by itself)',
    );
  });

  it('refuses what it has refused with more bits, another index or fewer people, too', () => {
    const people = fc.integer({ min: 1, max: 10_000_000 });
    const refused = (those: readonly CoarseIndex[], of: number) => populationBehind(those, of) < 16;
    fc.assert(
      fc.property(indexes, index, people, (those, another, of) => {
        fc.pre(refused([...those, another], of));
        expect(refused([...those, { ...another, bits: another.bits + 3 }], of)).toBe(true);
        expect(refused([...those, another, { ...another, name: 'two' }], of)).toBe(true);
        expect(refused([...those, another], Math.floor(of / 2))).toBe(true);
      }),
    );
  });

  it('refuses two indexes of the same parts, in whatever order', () => {
    const [one, other] = [
      ['email:domain', 'family_name'],
      ['family_name', 'email:domain'],
    ];
    expect(() => plan(1_000_000, { a: { of: one, bits: 2 }, b: { of: other, bits: 3 } })).toThrow(
      'the search indexes a and b of VAULT_CATALOGUE_FILE are of the same',
    );
  });

  it('finds nothing to do where nothing is declared', () => {
    expect(planSearch(undefined)).toMatchObject({ indexes: [], told: 0 });
  });
});

describe('a section of the file', () => {
  const right = { people: 100, indexes: { domain: domain(2) } };
  it.each<[string, unknown]>([
    ['an unknown part', { ...right, indexes: { a: { of: ['email:local'], bits: 2 } } }],
    ['a part of a prototype', { ...right, indexes: { a: { of: ['constructor'], bits: 2 } } }],
    ['a part twice', { ...right, indexes: { a: { of: ['email:domain', 'email:domain'], bits: 2 } } }],
    ['no parts', { ...right, indexes: { a: { of: [], bits: 2 } } }],
    ['too many bits', { ...right, indexes: { a: domain(25) } }],
    ['half a bit', { ...right, indexes: { a: domain(1.5) } }],
    ['a negative number of bits', { ...right, indexes: { a: domain(-1) } }],
    ['a name with a blank', { ...right, indexes: { 'a b': domain(1) } }],
    ['nobody', { ...right, people: 0 }],
    ['no people', { indexes: right.indexes }],
    ['an unknown word', { ...right, warnOnly: true }],
    ['an unknown word in an index', { ...right, indexes: { a: { ...domain(1), force: true } } }],
    [
      'thirteen indexes',
      { ...right, indexes: Object.fromEntries([...'abcdefghijklm'].map((n) => [n, domain(0)])) },
    ],
  ])('with %s is none', (_, section) => {
    expect(searchSection.safeParse(section).success).toBe(false);
    expect(searchSection.safeParse(right).success).toBe(true);
  });
});
