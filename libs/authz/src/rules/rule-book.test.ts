import { STAFF_ROLES } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { type Caller, person, process, staff } from '../caller.js';
import type { About } from './conditions.js';
import { reaches } from './reach.js';
import { berlin, isOpen, NOON, officer, READ, REVEAL, rule, shop, support } from './rule-samples.fixture.js';
import { bookOf, type DraftedRule } from './rules.fixture.js';

describe('whom a rule concerns', () => {
  const closed = [berlin('00:00', '00:01')];
  it.each<[string, Partial<DraftedRule>, [support: boolean, officer: boolean, shop: boolean]]>([
    ['a role', {}, [false, true, true]],
    ['a client', { who: { clients: ['shop'] } }, [true, true, false]],
    ['another client', { who: { clients: ['shops'] } }, [true, true, true]],
    ['roles and clients', { who: { roles: ['privacy-officer'], clients: ['shop'] } }, [true, false, false]],
    ['everybody', { who: undefined }, [false, false, false]],
    ['the other app', { app: 'api', action: 'store', resource: 'Reading' }, [true, true, true]],
    ['another action', { action: 'erase' }, [true, true, true]],
  ])('%s', (_, change, expected) => {
    const rules = [rule({ ...change, only: closed })];
    expect([support, officer, shop].map((caller) => isOpen(rules, caller))).toEqual(expected);
  });

  it('no person, whose rights are nobody’s to narrow, and no process of ours', () => {
    const rules = [rule({ who: undefined, only: closed })];
    expect(isOpen(rules, person({ id: 'p', session: 's' }))).toBe(true);
    expect(isOpen(rules, process({ name: 'api' }))).toBe(true);
  });

  it('whoever has one of the roles, whatever other ones there are', () => {
    const both = staff({ id: 'b', session: 'x', roles: ['auditor', 'support'] });
    expect(isOpen([rule({ only: closed })], both)).toBe(false);
  });
});

describe('what a rule asks', () => {
  const decided = (only: DraftedRule['only'], about: About, caller: Caller = support) =>
    bookOf([rule({ ...REVEAL, who: undefined, only })]).ruling(caller, REVEAL, about, NOON).refusedBy
      .length === 0;
  const reason = { code: 'order', reference: 'CASE-7' };

  it.each<[string, DraftedRule['only'], About, boolean]>([
    ['one of the purposes', [{ purpose: ['support'] }], { purpose: 'support' }, true],
    ['none of them', [{ purpose: ['support'] }], { purpose: 'delivery' }, false],
    ['no purpose', [{ purpose: ['support'] }], {}, false],
    ['every category', [{ category: ['indirect'] }], { category: ['indirect', 'direct'] }, false],
    ['all categories', [{ category: ['indirect'] }], { category: ['indirect'] }, true],
    ['no category', [{ category: ['indirect'] }], { category: [] }, false],
    ['a ticket', [{ ticket: 'required' }], { reason }, true],
    ['no ticket', [{ ticket: 'required' }], {}, false],
    ['a ticket of a kind', [{ ticket: ['CASE'] }], { reason }, true],
    ['a ticket whose kind begins alike', [{ ticket: ['CAS'] }], { reason }, false],
    ['a reason', [{ reasons: ['order', 'legal'] }], { reason }, true],
    ['another reason', [{ reasons: ['legal'] }], { reason }, false],
    [
      'all conditions of one alternative',
      [{ purpose: ['support'], reasons: ['legal'] }],
      { purpose: 'support', reason },
      false,
    ],
    [
      'one of the alternatives',
      [{ purpose: ['delivery'] }, { reasons: ['order'] }],
      { purpose: 'support', reason },
      true,
    ],
  ])('%s', (_, only, about, expected) => {
    expect(decided(only, about)).toBe(expected);
  });

  it('at the door only what no knowledge could change', () => {
    const night = { ...berlin('22:00', '24:00'), purpose: ['support' as const] };
    const open = (only: DraftedRule['only']) =>
      isOpen([rule({ ...REVEAL, only })], support, NOON, REVEAL as never);
    expect([open([{ purpose: ['support'] }]), open([night]), open([night, { region: ['FR'] }])]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('every rule, in whatever order', () => {
    const [day, never] = [
      rule({ id: 'a', only: [berlin('08:00', '18:00')] }),
      rule({ id: 'b', only: [berlin('00:00', '00:01')] }),
    ];
    expect([isOpen([day], support), isOpen([day, never], support), isOpen([never, day], support)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('regions', () => {
  const regions = (rules: DraftedRule[], caller: Caller = support) =>
    bookOf(rules).ruling(caller, READ, {}, NOON).regions;

  it('are everywhere without a rule, those of one, and what all have in common', () => {
    expect(regions([])).toBeNull();
    expect(regions([rule({})])).toEqual(['DE']);
    const two = [
      rule({ only: [{ region: ['US', 'FR'] }] }),
      rule({ id: 'q', only: [{ region: ['US-CA', 'DE'] }] }),
    ];
    expect(regions(two)).toEqual(['US-CA']);
    expect(regions([rule({}), rule({ id: 'q', only: [{ region: ['FR'] }] })])).toEqual([]);
  });

  it('are one’s own, and none where one has none', () => {
    const own = [rule({ who: { roles: [...STAFF_ROLES] }, only: [{ region: 'own' }] })];
    expect(regions(own)).toEqual(['DE', 'US-CA']);
    expect(regions(own, officer)).toEqual([]);
  });

  it('are those of all alternatives that hold', () => {
    const only = [
      { region: ['FR'], ...berlin('08:00', '18:00') },
      { region: ['DE'] },
      { region: ['IT'], ...berlin('00:00', '01:00') },
    ];
    expect(regions([rule({ only })])).toEqual(['FR', 'DE']);
    expect(regions([rule({ only: [...only, berlin('08:00', '18:00')] })])).toBeNull();
  });

  it('hold a person of a part of them, and nobody of whom it isn’t known', () => {
    expect(
      ['US', 'US-CA', 'DE', 'USA', '', null, undefined].map((one) => reaches(['US', 'CH-ZH'], one)),
    ).toEqual([true, true, false, false, false, false, false]);
    expect(reaches(['US-CA'], 'US')).toBe(false);
    expect(reaches(null, null)).toBe(true);
  });
});
