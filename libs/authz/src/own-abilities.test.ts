import { expect, it } from 'vitest';
import { buildAbility, type Conditions } from './ability.js';
import { staff } from './caller.js';
import { ownAbilities } from './own-abilities.js';

const olivia = staff({ id: 'olivia', session: 'ssn', roles: ['support'] });
const told = (...grants: [action: string, resource: string, conditions?: Conditions][]) =>
  ownAbilities(
    buildAbility(
      grants.map((grant) => (can) => can(...grant)),
      olivia,
    ),
  );

it('what one may do is told once and in one order, whoever granted it first', () => {
  const rules = [
    { action: 'erase', resource: 'Person' },
    { action: 'read', resource: 'Person' },
  ];
  expect(told(['read', 'Person'], ['erase', 'Person'], ['read', 'Person'])).toEqual(rules);
  expect(told(['erase', 'Person'], ['read', 'Person'])).toEqual(rules);
});

it('purposes are told, as one list', () => {
  expect(told(['reveal', 'Person', { purpose: 'support' }])).toEqual([
    { action: 'reveal', resource: 'Person', conditions: { purpose: { $in: ['support'] } } },
  ]);
  expect(told(['reveal', 'Person', { purpose: { $in: ['support', 'delivery'] } }])).toEqual([
    { action: 'reveal', resource: 'Person', conditions: { purpose: { $in: ['delivery', 'support'] } } },
  ]);
});

it('that there are other conditions is told, but not which', () => {
  const canary = 'canary-5c1f';
  const secret: Conditions[] = [
    { owner: canary },
    { purpose: { $ne: canary } },
    { purpose: { $in: [canary], $nin: [canary] } },
    { purpose: { $in: [{ canary }] } },
    { $or: [{ purpose: canary }] },
  ];
  for (const conditions of secret) {
    expect(told(['reveal', 'Person', conditions])).toEqual([
      { action: 'reveal', resource: 'Person', partly: true },
    ]);
  }
  expect(told(['reveal', 'Person', { purpose: 'support', owner: canary }])).toEqual([
    { action: 'reveal', resource: 'Person', conditions: { purpose: { $in: ['support'] } }, partly: true },
  ]);
});
