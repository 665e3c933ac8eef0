import {
  DAYS,
  type Hours,
  RULED_ABILITIES,
  type RuleAlternative,
  type RuleDocument,
  ruleDocument,
  STAFF_ROLES,
  type StoredRule,
} from '@integument/contracts';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Caller, client, person, process, staff } from '../caller.js';
import type { About } from './conditions.js';
import { type Regions, reaches } from './reach.js';
import { RuleBook } from './rule-book.js';
import { bookOf, type DraftedReveal, type DraftedRule } from './rules.fixture.js';

const NOON = Date.UTC(2026, 5, 3, 10); // a Wednesday; noon in Berlin
const READ = { action: 'read', resource: 'Person' } as const;
const REVEAL = { action: 'reveal', resource: 'Person' } as const;
const support = staff({ id: 's', session: 'x', roles: ['support'], regions: ['DE', 'US-CA'] });
const officer = staff({ id: 'o', session: 'x', roles: ['privacy-officer'] });
const shop = client({ clientId: 'shop', use: 'identity' });

const rule = (change: Partial<DraftedRule>): DraftedRule => ({
  id: 'r',
  app: 'vault',
  who: { roles: ['support'] },
  ...READ,
  only: [{ region: ['DE'] }],
  ...change,
});
const berlin = (from: string, to: string, days: readonly (typeof DAYS)[number][] = DAYS) => ({
  hours: { days: [...days], from, to, timeZone: 'Europe/Berlin' },
});
const isOpen = (rules: DraftedRule[], caller: Caller, at = NOON, ability = READ) =>
  bookOf(rules).admits(caller, ability, at);

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

describe('hours', () => {
  const open = (hours: ReturnType<typeof berlin>, at: string) =>
    isOpen([rule({ only: [hours] })], support, Date.parse(at));

  it.each([
    ['the first minute', berlin('08:00', '18:00'), '2026-06-03T06:00:00Z', true],
    ['the minute before', berlin('08:00', '18:00'), '2026-06-03T05:59:59.999Z', false],
    ['the last minute', berlin('08:00', '18:00'), '2026-06-03T15:59:59.999Z', true],
    ['the minute after', berlin('08:00', '18:00'), '2026-06-03T16:00:00Z', false],
    ['another day there than in Greenwich', berlin('00:00', '01:00', ['thu']), '2026-06-03T22:30:00Z', true],
    ['a day that isn’t named', berlin('08:00', '18:00', ['mon']), '2026-06-03T10:00:00Z', false],
    // 29 March 2026: at 02:00 it is 03:00.
    ['winter, just before the change', berlin('01:00', '02:00'), '2026-03-29T00:59:00Z', true],
    ['an hour that the change left out', berlin('02:00', '03:00'), '2026-03-29T01:00:00Z', false],
    ['summer, just after it', berlin('03:00', '04:00'), '2026-03-29T01:00:00Z', true],
    // 25 October 2026: at 03:00 it is 02:00 again.
    ['an hour for the first time', berlin('02:00', '03:00'), '2026-10-25T00:30:00Z', true],
    ['the same hour again', berlin('02:00', '03:00'), '2026-10-25T01:30:00Z', true],
    ['the hour after both', berlin('02:00', '03:00'), '2026-10-25T02:00:00Z', false],
  ])('%s', (_, hours, at, expected) => {
    expect(open(hours, at)).toBe(expected);
  });

  it('of one place are one place, however it is written', () => {
    const spelt = Array.from({ length: 64 }, (_, n) =>
      [...'indian/chagos']
        .map((char, at) => (at === 0 || at === 7 || (n >> (at % 6)) & 1 ? char.toUpperCase() : char))
        .join(''),
    );
    const rules = spelt.map((timeZone, n) =>
      rule({ id: `r${n}`, only: [{ hours: { ...berlin('00:00', '24:00').hours, timeZone } }] }),
    );
    let made = 0;
    const construct = (real: typeof Intl.DateTimeFormat, args: []) => {
      made++;
      return Reflect.construct(real, args);
    };
    vi.stubGlobal('Intl', { ...Intl, DateTimeFormat: new Proxy(Intl.DateTimeFormat, { construct }) });
    expect(isOpen(rules, support)).toBe(true);
    vi.unstubAllGlobals();
    // Once to see whether there is such a place, once for its clocks: as many as are kept.
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(2);
  });

  it('are looked at again each minute, whoever asked before', () => {
    const book = bookOf([rule({ only: [berlin('08:00', '18:00')] })]);
    const [last, after] = ['2026-06-03T15:59:59Z', '2026-06-03T16:00:00Z'].map((at) => Date.parse(at));
    expect([last, after, last].map((at) => book.admits(support, READ, at ?? 0))).toEqual([true, false, true]);
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

// What follows is an evaluation of its own, rule by rule from the document, as slow and plain as it can be.

const PURPOSES = ['support', 'delivery'] as const;
const REGIONS = ['DE', 'US', 'US-CA', 'FR'] as const;
const ABILITIES = Object.entries(RULED_ABILITIES.vault).filter(([name]) =>
  ['reveal Person', 'erase Person'].includes(name),
);
const some = <T>(values: readonly T[]) => fc.subarray([...values], { minLength: 1 });

const anHours = fc
  .record({
    days: some(DAYS),
    from: fc.integer({ min: 0, max: 22 }),
    long: fc.integer({ min: 1, max: 23 }),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
  })
  .map(({ days, from, long, timeZone }) => {
    const to = Math.min(24, from + long);
    return {
      days,
      from: `${String(from).padStart(2, '0')}:00`,
      to: `${String(to).padStart(2, '0')}:00`,
      timeZone,
    };
  });
const conditionsFor = (attributes: readonly string[]): fc.Arbitrary<object> => {
  const all: Record<string, fc.Arbitrary<unknown>> = {
    purpose: some(PURPOSES),
    category: some(['direct', 'indirect']),
    region: fc.oneof(fc.constant('own'), some(REGIONS)),
    ticket: fc.oneof(fc.constant('required'), some(['CASE', 'ORDER'])),
    reasons: some(['order', 'legal']),
  };
  const known = Object.fromEntries(attributes.map((name) => [name, all[name] as fc.Arbitrary<unknown>]));
  return fc
    .record({ ...known, hours: anHours }, { requiredKeys: [] })
    .filter((conditions) => Object.keys(conditions).length > 0);
};
const aRule = fc.constantFrom(...ABILITIES).chain(([name, attributes]) => {
  const [action, resource] = name.split(' ');
  return fc
    .record({
      who: fc.oneof(
        fc.constant(undefined),
        fc.record({ roles: some(STAFF_ROLES) }),
        fc.record({ clients: some(['shop', 'other']) }),
      ),
      only: fc.array(conditionsFor(attributes), { minLength: 1, maxLength: 3 }),
    })
    .map(({ who, only }) => {
      const isOwn = only.some((conditions) => 'region' in conditions && conditions.region === 'own');
      const staffOnly = isOwn && !(who && 'roles' in who) ? { roles: [...STAFF_ROLES] } : who;
      return { app: 'vault', action, resource, ...(staffOnly && { who: staffOnly }), only };
    });
});
const aDocument = fc
  .array(aRule, { minLength: 2, maxLength: 10 })
  .map((rules) =>
    ruleDocument.parse({ format: 1, rules: rules.map((one, at) => ({ ...one, id: `r${at}` })), reveals: [] }),
  );
const aCaller: fc.Arbitrary<Caller> = fc.oneof(
  fc
    .record({
      roles: fc.subarray([...STAFF_ROLES]),
      regions: fc.option(fc.subarray([...REGIONS]), { nil: undefined }),
    })
    .map(({ roles, regions }) => staff({ id: 'x', session: 's', roles, ...(regions && { regions }) })),
  fc.constantFrom('shop', 'other', 'third').map((clientId) => client({ clientId, use: 'identity' })),
  fc.constant(person({ id: 'p', session: 's' })),
);
const aQuestion = fc.record({
  caller: aCaller,
  ability: fc
    .constantFrom(...ABILITIES)
    .map(([name]) => ({ action: name.split(' ')[0] ?? '', resource: 'Person' })),
  about: fc.record(
    {
      purpose: fc.constantFrom(...PURPOSES),
      category: some(['direct', 'indirect']),
      reason: fc.record({
        code: fc.constantFrom('order', 'legal'),
        reference: fc.constantFrom('CASE-1', 'ORDER-2'),
      }),
    },
    { requiredKeys: [] },
  ),
  region: fc.option(fc.constantFrom(...REGIONS)),
  at: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
});
type Question = typeof aQuestion extends fc.Arbitrary<infer Q> ? Q : never;

function naive(rules: readonly StoredRule[], { caller, ability, about, region, at }: Question): boolean {
  const concerns = ({ who }: StoredRule) => {
    if (caller.kind === 'client') return !who || (who.clients ?? []).includes(caller.clientId);
    if (caller.kind === 'staff') return !who || (who.roles ?? []).some((role) => caller.roles.includes(role));
    return false;
  };
  const holds = (conditions: RuleAlternative) =>
    (conditions.purpose ?? [about.purpose]).some((one) => one === about.purpose) &&
    (!conditions.category ||
      (about.category ?? ['?']).every((one) => conditions.category?.some((other) => other === one))) &&
    (!conditions.reasons || conditions.reasons.some((code) => code === about.reason?.code)) &&
    (!conditions.ticket ||
      (conditions.ticket === 'required'
        ? about.reason !== undefined
        : conditions.ticket.some((prefix) => about.reason?.reference.split('-')[0] === prefix))) &&
    (!conditions.hours || clockHolds(conditions.hours, at)) &&
    (!conditions.region ||
      inRegion(
        conditions.region === 'own' ? ((caller as { regions?: string[] }).regions ?? []) : conditions.region,
        region,
      ));
  return rules
    .filter((one) => one.action === ability.action && one.resource === ability.resource && concerns(one))
    .every(({ only }) => only.some(holds));
}
const inRegion = (regions: readonly string[], region: string | null) =>
  region !== null && regions.some((one) => one === region || region.split('-')[0] === one);
const clocks = new Map<string, Intl.DateTimeFormat>();
function clockHolds({ days, from, to, timeZone }: Hours, at: number): boolean {
  const written = {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  const clock = clocks.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', written);
  clocks.set(timeZone, clock);
  const [day = '', time = ''] = clock.format(at).toLowerCase().split(/,? /);
  return days.some((one) => one === day) && time >= from && time < to;
}

describe('for any rules and any question', () => {
  const bookFor = (document: RuleDocument) => new RuleBook(document, 'vault', 1, '');
  const allows = (book: RuleBook, { caller, ability, about, region, at }: Question) => {
    const { refusedBy, regions } = book.ruling(caller, ability, about, at);
    return refusedBy.length === 0 && reaches(regions, region);
  };

  it('the index says what an evaluation rule by rule says', () => {
    let yes = 0;
    let no = 0;
    fc.assert(
      fc.property(aDocument, aQuestion, (document, question) => {
        const expected = naive(document.rules, question);
        if (expected) yes++;
        else no++;
        expect(allows(bookFor(document), question)).toBe(expected);
      }),
      { numRuns: 1_500 },
    );
    expect(Math.min(yes, no)).toBeGreaterThan(100);
  });

  it('one rule more never opens anything, and none at all opens all that there is to narrow', () => {
    fc.assert(
      fc.property(aDocument, fc.nat(7), aQuestion, (document, without, question) => {
        const fewer = { ...document, rules: document.rules.filter((_, at) => at !== without) };
        if (allows(bookFor(document), question)) expect(allows(bookFor(fewer), question)).toBe(true);
        expect(allows(bookFor({ ...document, rules: [] }), question)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('the door never refuses what would be allowed further on, and those who say no are named', () => {
    fc.assert(
      fc.property(aDocument, aQuestion, (document, question) => {
        const book = bookFor(document);
        const { caller, ability, about, region, at } = question;
        const isAllowed = allows(book, question);
        if (isAllowed) expect(book.admits(caller, ability, at)).toBe(true);
        expect(book.refusing(caller, ability, about, region, at).length === 0).toBe(isAllowed);
      }),
      { numRuns: 500 },
    );
  });
});
