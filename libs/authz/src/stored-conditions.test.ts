import { afterEach, describe, expect, test } from 'vitest';
import { buildAbility, type Conditions, UnsafeGrant } from './ability.js';
import { person } from './caller.js';

/**
 * CVE-2026-1774: conditions that come out of a column are whatever somebody got in there. Each poison is put at each place of
 * each shape that CASL reads, as the text of such a column.
 */
const anna = person({ id: 'anna', session: 's1' });
const POISONS = ['__proto__', 'constructor', 'prototype'];
const VALUES = ['1', 'true', '{"admin":true}', '{"$eq":true}', '["x"]', 'null'];
/** `@` is where the poisoned member goes. */
const PLACES = [
  '{@}',
  '{"owner":"anna",@}',
  '{"owner":{@}}',
  '{"owner":{"$eq":"anna",@}}',
  '{"owner":{"$in":[{@}]}}',
  '{"owner":{"$elemMatch":{@}}}',
  '{"owner":{"$not":{@}}}',
  '{"$or":[{"owner":"anna"},{@}]}',
  '{"$and":[{"$or":[{"a":{"b":{"c":{@}}}}]}]}',
  '{"a":[[[{@}]]]}',
];
const MEMBERS = POISONS.flatMap((poison) => [
  poison,
  `${poison}.admin`,
  `a.${poison}`,
  `a.${poison}.b`,
  `a..${poison}`,
  // The same name, which JSON lets one write so that no search of the text finds it.
  `\\u00${poison.charCodeAt(0).toString(16)}${poison.slice(1)}`,
]);

const TEXTS = PLACES.flatMap((place) =>
  MEMBERS.flatMap((member) => VALUES.map((value) => place.replace('@', `"${member}":${value}`))),
);

const grant = (conditions: unknown) =>
  buildAbility([(can) => can('read', 'Thing', conditions as Conditions)], anna);
const outcomeOf = (conditions: unknown) => {
  try {
    grant(conditions);
    return 'granted';
  } catch (error) {
    return error instanceof UnsafeGrant ? 'refused' : String(error);
  }
};

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('admin');
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
});

describe('conditions as they could be stored (CVE-2026-1774, CASL)', () => {
  test('with the name of a prototype anywhere are refused', () => {
    expect(TEXTS.length).toBeGreaterThan(1_000);
    const granted = TEXTS.filter((text) => outcomeOf(JSON.parse(text)) !== 'refused');
    expect(granted).toEqual([]);
  });

  test('without it are not', () => {
    for (const place of PLACES) {
      expect([place, outcomeOf(JSON.parse(place.replace('@', '"prototypes":1')))]).toEqual([
        place,
        'granted',
      ]);
    }
    expect(outcomeOf({ owner: '__proto__', tags: ['constructor'] })).toBe('granted');
  });

  test('with a prototype of their own are refused, at any depth', () => {
    class Rule {
      owner = 'anna';
    }
    const inherited: unknown[] = [
      Object.create({ owner: 'anna' }, { id: { value: 1, enumerable: true } }),
      { owner: Object.create({ $eq: 'anna' }) as unknown },
      { a: { $in: [new Rule()] } },
      new Rule(),
      { [Symbol('constructor')]: 1, owner: 'anna' },
      { a: { [Symbol.toPrimitive]: () => 1 } },
    ];
    expect(inherited.map(outcomeOf)).toEqual(inherited.map(() => 'refused'));
  });

  test('of no end, or too deep for anybody to have meant them, are refused', () => {
    const circle: Record<string, unknown> = { owner: 'anna' };
    circle.again = circle;
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
    expect([circle, deep, { owner: [[circle]] }].map(outcomeOf)).toEqual(['refused', 'refused', 'refused']);
  });

  test('compare whole with a date or a pattern', () => {
    expect(outcomeOf({ at: { $lt: new Date(0) }, code: { $regex: /^a/ } })).toBe('granted');
  });
});
