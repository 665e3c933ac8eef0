import { buildAbility, type Caller, client, person, staff } from '@integument/authz';
import { describe, expect, it } from 'vitest';
import { productsPolicy } from './products.policy.js';

const healthClient = (...purposes: string[]) => client({ clientId: 'skin-app', use: 'health', purposes });
const staffWith = (...roles: string[]) => staff({ id: 'olivia', session: 'ssn', roles });

const TABLE: [name: string, caller: Caller, read: boolean, mayImport: boolean][] = [
  ['a person', person({ id: 'p', session: 'ssn' }), true, false],
  ['a client for recommendation', healthClient('ingest', 'recommendation'), true, true],
  ['a client for ingest only', healthClient('ingest'), true, false],
  ['a client without a purpose', healthClient(), true, false],
  ['an identity client', client({ clientId: 'brand-shop', use: 'identity' }), false, false],
  ['an admin', staffWith('admin'), true, true],
  ['an auditor', staffWith('auditor'), true, false],
  ['a privacy officer', staffWith('privacy-officer'), true, false],
];

describe('products', () => {
  it.each(TABLE)('are for %s', (_name, caller, read, mayImport) => {
    const ability = buildAbility([productsPolicy], caller);
    expect(ability.can('read', 'Product')).toBe(read);
    expect(ability.can('import', 'Product')).toBe(mayImport);
    expect(ability.can('delete', 'Product')).toBe(false);
  });
});
