import { defineRoute } from '@integument/contracts';
import { expect, it } from 'vitest';
import type { Policy } from './ability.js';
import { policyVersion } from './policy-version.js';

const route = (audience: 'person' | 'staff') =>
  defineRoute({
    id: 'things.read',
    method: 'GET',
    path: '/things',
    summary: 'x',
    tag: 'x',
    audience: [audience],
    ability: { action: 'read', resource: 'Thing' },
  });
const grantTo =
  (role: string): Policy =>
  (can, caller) => {
    if (caller.kind === 'staff' && caller.roles.includes(role)) can('read', 'Thing');
  };

it('the version stays while the rules do, and changes with what they grant and whom a route addresses and asks for which factors', () => {
  const before = policyVersion([grantTo('auditor')], [route('staff')]);
  expect(before).toMatch(/^[0-9a-f]{12}$/);
  expect(policyVersion([grantTo('auditor')], [route('staff')])).toBe(before);
  // The same code, closed over another role.
  expect(policyVersion([grantTo('admin')], [route('staff')])).not.toBe(before);
  expect(policyVersion([grantTo('auditor')], [route('person')])).not.toBe(before);
  for (const rule of [{ stepUp: true }, { factor: 'optional' }] as const)
    expect(policyVersion([grantTo('auditor')], [{ ...route('staff'), ...rule }])).not.toBe(before);
  expect(policyVersion([grantTo('auditor'), () => undefined], [route('staff')])).not.toBe(before);
});
