import { describe, expect, it } from 'vitest';
import { type Caller } from '../caller.js';
import { type Regions } from './reach.js';
import { berlin, NOON, officer, READ, REVEAL, rule, shop, support } from './rule-samples.fixture.js';
import { bookOf, type DraftedReveal, type DraftedRule } from './rules.fixture.js';

describe('whom a caller may move', () => {
  const ABILITIES = [READ, REVEAL];
  const concerning = (only: DraftedRule['only'], change: Partial<DraftedRule> = {}) =>
    rule({ who: { clients: ['shop'] }, only, ...change });
  const policy = (id: string, regions?: string[], clients: 'registered' | string[] = ['shop']) => ({
    ...{
      id,
      who: { clients },
      purposes: ['delivery' as const],
      fields: 'all' as const,
      form: 'plain' as const,
    },
    ...(regions && { regions }),
  });
  const closed = berlin('00:00', '00:01');

  it.each<[string, DraftedRule[], DraftedReveal[], Regions]>([
    ['everybody, without conditions', [], [policy('p')], null],
    ['within a rule', [concerning([{ region: ['DE', 'FR'] }])], [], ['DE', 'FR']],
    ['within one that holds at another hour', [concerning([{ ...closed, region: ['DE'] }])], [], ['DE']],
    [
      'within one for another purpose',
      [concerning([{ region: ['DE'] }, { purpose: ['support'] }], REVEAL)],
      [],
      ['DE'],
    ],
    [
      'nobody between alternatives',
      [concerning([{ region: ['DE'] }, { ...closed, region: ['FR'] }])],
      [],
      [],
    ],
    [
      'everybody, by rules of others',
      [concerning([{ region: ['DE'] }], { who: { clients: ['other'] } })],
      [],
      null,
    ],
    [
      'everybody, by rules of others’ abilities',
      [concerning([{ region: ['DE'] }], { action: 'enrol' })],
      [],
      null,
    ],
    [
      'within a reveal policy, whatever others allow',
      [],
      [policy('p'), policy('q', ['DE'], 'registered')],
      ['DE'],
    ],
    ['everybody, by policies of others', [], [policy('p', ['DE'], ['other'])], null],
    [
      'within rules and policies',
      [concerning([{ region: ['US', 'DE'] }])],
      [policy('p', ['US-CA', 'FR'])],
      ['US-CA'],
    ],
  ])('%s', (_, rules, reveals, regions) => {
    expect(bookOf(rules, reveals).moves(shop, ABILITIES)).toEqual(regions);
  });
});

describe('reveal policies', () => {
  const policy = {
    id: 'p',
    who: { roles: ['support' as const] },
    purposes: ['support' as const],
    fields: 'all' as const,
    form: 'plain' as const,
  };
  const wish = {
    purpose: 'support',
    fields: ['email'],
    form: 'plain' as const,
    reason: { code: 'order', reference: 'CASE-1' },
  };
  const matched = (change: object, wished: object = {}, caller: Caller = support) =>
    bookOf([], [{ ...policy, ...change }]).reveals(caller, { ...wish, ...wished }, NOON).length === 1;

  it.each<[string, object, object, Caller, boolean]>([
    ['who, what for', {}, {}, support, true],
    ['another role', {}, {}, officer, false],
    ['a client', {}, {}, shop, false],
    ['every client', { who: { clients: 'registered' } }, {}, shop, true],
    ['no staff by that', { who: { clients: 'registered' } }, {}, support, false],
    ['this client', { who: { clients: ['shop'] } }, {}, shop, true],
    ['another purpose', {}, { purpose: 'delivery' }, support, false],
    ['fields of it', { fields: ['email', 'phone'] }, {}, support, true],
    ['a field beside it', { fields: ['email'] }, { fields: ['email', 'phone'] }, support, false],
    ['masked where plain is allowed', {}, { form: 'masked' }, support, true],
    ['plain where masked is allowed', { form: 'masked' }, {}, support, false],
    ['within hours', { hours: [berlin('08:00', '18:00').hours] }, {}, support, true],
    ['out of hours', { hours: [berlin('18:00', '24:00').hours] }, {}, support, false],
    ['a reason', { reasons: ['order'] }, {}, support, true],
    ['another reason', { reasons: ['legal'] }, {}, support, false],
    ['a ticket', { ticket: ['CASE'] }, {}, support, true],
    ['another ticket', { ticket: ['ORDER'] }, {}, support, false],
  ])('%s', (_, change, wished, caller, expected) => {
    expect(matched(change, wished, caller)).toBe(expected);
  });

  it('allow nothing where there are none', () => {
    expect(bookOf([]).reveals(support, wish, NOON)).toEqual([]);
  });
});
