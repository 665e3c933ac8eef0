import { describe, expect, it } from 'vitest';
import { RULES_MAX, ruleDocument } from './rule-document.js';

const rule = {
  id: 'support-by-day',
  app: 'vault',
  who: { roles: ['support'] },
  action: 'reveal',
  resource: 'Person',
  only: [{ hours: { days: ['mon'], from: '08:00', to: '18:00', timeZone: 'Europe/Berlin' } }],
};
const reveal = {
  id: 'support',
  who: { roles: ['support'] },
  purposes: ['support'],
  fields: 'all',
  form: 'plain',
};
const withRule = (change: object) => ({ format: 1, rules: [{ ...rule, ...change }], reveals: [] });
const only = (...alternatives: unknown[]) => withRule({ only: alternatives });
const withReveal = (change: object) => ({ format: 1, rules: [], reveals: [{ ...reveal, ...change }] });
const isTaken = (document: unknown) => ruleDocument.safeParse(document).success;

describe('a document of rules', () => {
  it.each([
    ['nothing', { format: 1, rules: [], reveals: [] }],
    ['a rule', withRule({})],
    ['a rule for everybody', withRule({ who: undefined })],
    ['every attribute of a reveal', only({ purpose: ['support'], category: ['indirect'], region: 'own' })],
    ['reasons and tickets', only({ ticket: ['CASE'], reasons: ['order'] }, { ticket: 'required' })],
    ['parts of a country', only({ region: ['US-CA', 'DE'] })],
    ['a day to its end', only({ hours: { ...rule.only[0]?.hours, to: '24:00' } })],
    [
      'streams of the API',
      withRule({ app: 'api', action: 'read', resource: 'Reading', only: [{ category: ['heart-rate'] }] }),
    ],
    ['a reveal policy', withReveal({ perMinute: 5, regions: ['DE'], reasons: ['order'], ticket: ['CASE'] })],
    ['registered clients', withReveal({ who: { clients: 'registered' } })],
  ])('takes %s', (_, document) => {
    expect(ruleDocument.safeParse(document).error?.issues).toBeUndefined();
  });

  it.each([
    ['another format', { ...withRule({}), format: 2 }],
    ['an unknown field at the top', { ...withRule({}), more: 1 }],
    ['an unknown field of a rule', withRule({ allow: true })],
    ['an unknown condition', only({ admin: true })],
    ['an unknown field of hours', only({ hours: { ...rule.only[0]?.hours, dst: true } })],
    ['an unknown field of who', withRule({ who: { roles: ['support'], everybody: true } })],
    ['who that is nobody', withRule({ who: {} })],
    ['no role', withRule({ who: { roles: [] } })],
    ['a role that there is not', withRule({ who: { roles: ['root'] } })],
    ['a client that can have no such name', withRule({ who: { clients: ['a b'] } })],
    ['no alternative', only()],
    ['an alternative of no condition', only({})],
    ['an ability that there is not', withRule({ action: 'manage' })],
    ['a wildcard', withRule({ action: '*', resource: 'all' })],
    ['an ability of the other app', withRule({ app: 'api' })],
    ['the way back out of a bad rule', withRule({ action: 'enact', resource: 'Rule' })],
    ['what tells auditors', withRule({ action: 'read', resource: 'AuditLog' })],
    ['what only persons do', withRule({ action: 'erase', resource: 'Self' })],
    ['a method of every object', withRule({ action: 'constructor', resource: 'toString' })],
    [
      'an attribute that this ability never has',
      withRule({ action: 'read', only: [{ purpose: ['support'] }] }),
    ],
    ['own regions of clients', withRule({ who: { clients: ['shop'] }, only: [{ region: 'own' }] })],
    ['own regions of everybody', withRule({ who: undefined, only: [{ region: 'own' }] })],
    ['a country that there is not', only({ region: ['UK'] })],
    ['a region of no country', only({ region: ['CA-US-1'] })],
    ['no region', only({ region: [] })],
    ['a purpose of the other plane', only({ purpose: ['ingest'] })],
    ['hours that end before they begin', only({ hours: { ...rule.only[0]?.hours, to: '07:00' } })],
    ['hours that there are not', only({ hours: { ...rule.only[0]?.hours, to: '25:00' } })],
    ['a place without clocks', only({ hours: { ...rule.only[0]?.hours, timeZone: 'Europe/Atlantis' } })],
    ['a pattern for a ticket', only({ ticket: ['.*'] })],
    ['two rules of one name', { format: 1, rules: [rule, rule], reveals: [] }],
    ['two policies of one name', { format: 1, rules: [], reveals: [reveal, reveal] }],
    ['a name with a person in it', withRule({ id: 'For Ada Lovelace' })],
    ['a reveal for nobody', withReveal({ who: {} })],
    ['a field of no possible name', withReveal({ fields: ['Pass word'] })],
    ['no reveals a minute', withReveal({ perMinute: 0 })],
    ['a form that there is not', withReveal({ form: 'raw' })],
  ])('refuses %s', (_, document) => {
    expect(isTaken(document)).toBe(false);
  });

  it('refuses the name of a prototype at each place, and nothing comes to have it', () => {
    const places = [
      '{@"format":1,"rules":[],"reveals":[]}',
      `{"format":1,"rules":[{@${JSON.stringify(rule).slice(1)}],"reveals":[]}`,
      `{"format":1,"rules":[{${JSON.stringify(rule).slice(1, -1)},"who":{@"roles":["support"]}}],"reveals":[]}`,
      `{"format":1,"rules":[${JSON.stringify({ ...rule, only: [] }).replace('[]}', '[{@"region":["DE"]}]}')}],"reveals":[]}`,
      `{"format":1,"rules":[],"reveals":[{@${JSON.stringify(reveal).slice(1)}]}`,
    ];
    for (const place of places) {
      expect([place, isTaken(JSON.parse(place.replace('@', '')))]).toEqual([place, true]);
      for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__', 'toString']) {
        const text = place.replace('@', `"${name}":{"admin":true},`);
        expect([text, isTaken(JSON.parse(text))]).toEqual([text, false]);
      }
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('has an end', () => {
    const many = (count: number) => ({
      format: 1,
      rules: Array.from({ length: count }, (_, at) => ({ ...rule, id: `r${at}` })),
      reveals: [],
    });
    expect([isTaken(many(RULES_MAX)), isTaken(many(RULES_MAX + 1))]).toEqual([true, false]);
  });

  it('writes a set of regions in one way', () => {
    const [one, other] = [
      ['FR', 'DE', 'FR'],
      ['DE', 'FR'],
    ].map((region) => ruleDocument.parse(only({ region })));
    expect(one).toEqual(other);
  });
});
