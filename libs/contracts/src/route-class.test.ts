import { expect, test } from 'vitest';
import * as contracts from './index.js';
import { type RouteContract, routeClassOf } from './index.js';

const route = (given: Partial<RouteContract>) =>
  routeClassOf({ method: 'GET', audience: ['staff'], ...given });

test('who may call and the method say the class, where the contract does not', () => {
  expect(route({})).toBe('read');
  expect(route({ method: 'POST' })).toBe('write');
  expect(route({ method: 'POST', audience: ['public', 'person'] })).toBe('public');
  expect(route({ audience: ['api-process'] })).toBe('internal');
  expect(route({ audience: ['api-process', 'staff'] })).toBe('read');
  expect(route({ method: 'POST', routeClass: 'bulk' })).toBe('bulk');
});

test('only the internal listener’s routes are not limited', () => {
  const routes = Object.values<unknown>(contracts).filter(
    (value): value is RouteContract =>
      typeof value === 'object' && value !== null && 'path' in value && 'audience' in value,
  );
  expect(routes.length).toBeGreaterThan(40);
  for (const one of routes) {
    expect([one.path, routeClassOf(one) === 'internal']).toEqual([
      one.path,
      one.path.startsWith('/internal/'),
    ]);
  }
});

test('what reveals, or costs as much as a thousand, is not counted as any request', () => {
  const { revealPerson, searchPeople, openCommitment, enrolPeople, importProducts } = contracts;
  expect([revealPerson, searchPeople, openCommitment].map(routeClassOf)).toEqual(Array(3).fill('reveal'));
  expect([enrolPeople, importProducts].map(routeClassOf)).toEqual(['bulk', 'bulk']);
});

test('what leads to a second factor counts as a sign-in', () => {
  const { beginTotp, enrolPasskey, useTotp, usePasskey, useRecoveryCode, listFactors } = contracts;
  const ways = [beginTotp, enrolPasskey, useTotp, usePasskey, useRecoveryCode];
  expect(ways.map(routeClassOf)).toEqual(Array(5).fill('sign-in'));
  expect(routeClassOf(listFactors)).toBe('read');
});
