import { buildAbility, type Caller, client, person, staff } from '@integument/authz';
import { describe, expect, it } from 'vitest';
import { cohortsPolicy } from './cohorts.policy.js';

const healthClient = (...purposes: string[]) => client({ clientId: 'skin-app', use: 'health', purposes });
const staffWith = (...roles: string[]) => staff({ id: 'olivia', session: 'ssn', roles });

const TABLE: [name: string, caller: Caller, tell: boolean, count: boolean][] = [
  ['a person', person({ id: 'p', session: 'ssn' }), true, false],
  ['a client for analytics', healthClient('analytics'), true, false],
  ['a client for ingest', healthClient('ingest'), false, false],
  ['an identity client', client({ clientId: 'brand-shop', use: 'identity' }), false, false],
  ['an admin', staffWith('admin'), false, true],
  ['a privacy officer', staffWith('privacy-officer'), false, true],
  ['an auditor', staffWith('auditor'), false, false],
  ['support', staffWith('support'), false, false],
];

describe('cohorts', () => {
  it.each(TABLE)('are for %s', (_name, caller, tell, count) => {
    const ability = buildAbility([cohortsPolicy], caller);
    expect(ability.can('store', 'CohortFact')).toBe(tell);
    expect(ability.can('read', 'CohortFact')).toBe(tell);
    expect(ability.can('count', 'Cohort')).toBe(count);
  });
});
