import { describe, expect, test } from 'vitest';
import { Abilities, type Conditions, subject, UnsafeGrant } from './ability.js';
import { audienceOf, type Caller, callerId, client, person, process, staff } from './caller.js';

const anna = person({ id: 'anna', session: 's1' });
const auditor = staff({ id: 'arthur', session: 's2', roles: ['auditor'] });
const shop = client({ clientId: 'shop', use: 'identity' });
const skin = client({ clientId: 'skin', use: 'health' });
const api = process({ name: 'api' });

describe('a caller', () => {
  const table: [Caller, string | null, string][] = [
    [anna, 'person', 'anna'],
    [auditor, 'staff', 'arthur'],
    [shop, 'identity-client', 'shop'],
    [skin, 'health-client', 'skin'],
    [api, 'api-process', 'api'],
    [process({ name: 'somebody-else' }), null, 'somebody-else'],
  ];
  test.each(table)('%o counts as %s and is called %s', (caller, audience, id) => {
    expect([audienceOf(caller), callerId(caller)]).toEqual([audience, id]);
  });

  test('cannot be changed, nor pass itself off as another kind', () => {
    expect(() => Object.assign(anna, { kind: 'staff' })).toThrow(TypeError);
    const fields = { id: 'x', session: 's', kind: 'staff', roles: ['admin'] };
    expect(person(fields).kind).toBe('person');
  });

  test('may carry what its app adds', () => {
    expect(client({ clientId: 'skin', use: 'health', purposes: ['ingest'] }).purposes).toEqual(['ingest']);
  });
});

describe('what nobody grants is denied', () => {
  const abilities = new Abilities([
    (can, caller) => {
      if (caller.kind === 'person') can('read', 'Consent', { owner: caller.id });
    },
    (can, caller) => {
      if (caller.kind === 'staff' && caller.roles.includes('auditor')) can('read', 'AuditLog');
    },
  ]);

  test('each policy adds for its own callers', () => {
    const granted = [anna, auditor, shop, skin, api].map((caller) =>
      ['Consent', 'AuditLog', 'Person'].filter((resource) => abilities.may(caller, 'read', resource)),
    );
    expect(granted).toEqual([['Consent'], ['AuditLog'], [], [], []]);
    expect(abilities.may(anna, 'withdraw', 'Consent')).toBe(false);
  });

  test('without any policy nothing is allowed, by no name of an action', () => {
    for (const action of ['read', 'manage', 'all', '*', '__proto__', 'constructor', 'toString']) {
      expect(new Abilities([]).may(anna, action, 'Consent')).toBe(false);
      expect(new Abilities([]).may(anna, action, 'all')).toBe(false);
    }
  });

  test('conditions are asked of the object', () => {
    const ability = abilities.abilityFor(anna);
    expect(ability.can('read', subject('Consent', { owner: 'anna' }))).toBe(true);
    expect(ability.can('read', subject('Consent', { owner: 'bert' }))).toBe(false);
    expect(ability.can('read', subject('Consent', {}))).toBe(false);
  });

  test('the rules of a caller are read once', () => {
    let read = 0;
    const counting = new Abilities([() => void read++]);
    counting.may(anna, 'read', 'X');
    counting.may(anna, 'read', 'Y');
    counting.may(auditor, 'read', 'X');
    expect(read).toBe(2);
  });
});

describe('a grant that would open too much is refused', () => {
  const grant = (action: string, resource: string, conditions?: Conditions) =>
    new Abilities([(can) => can(action, resource, conditions)]).may(anna, 'read', 'X');

  test.each([
    ['manage', 'X'],
    ['all', 'X'],
    ['read', 'all'],
    ['*', 'X'],
  ])('the wildcard %s %s', (action, resource) => {
    expect(() => grant(action, resource)).toThrow(UnsafeGrant);
  });

  const conditions: [string, unknown][] = [
    ['__proto__', JSON.parse('{"__proto__":{"admin":true}}')],
    ['a path through a prototype', { 'a.__proto__.b': 1 }],
    ['constructor inside', { owner: { constructor: { prototype: 1 } } }],
    ['a lost value', { owner: undefined }],
    ['a lost value inside', { owner: { $eq: undefined } }],
    ['nothing', {}],
  ];
  test.each(conditions)('conditions with %s', (_title, wrong) => {
    expect(() => grant('read', 'X', wrong as Conditions)).toThrow(UnsafeGrant);
  });
});
