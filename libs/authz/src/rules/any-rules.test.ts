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
import { describe, expect, it } from 'vitest';
import { type Caller, client, person, staff } from '../caller.js';
import { reaches } from './reach.js';
import { RuleBook } from './rule-book.js';

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
        if (isAllowed) expect(book.admits(caller, ability, () => at)).toBe(true);
        expect(book.refusing(caller, ability, about, region, at).length === 0).toBe(isAllowed);
      }),
      { numRuns: 500 },
    );
  });
});
