import { client, person, process, staff } from '@integument/authz';
import { expect, test } from 'vitest';
import { limitedAddress, limitedCaller } from './limited-as.js';

const whose = (address: string | undefined) => limitedAddress(address).whose;

test('an IPv4 address stands for itself, however it is written', () => {
  expect(whose('203.0.113.7')).not.toBe(whose('203.0.113.8'));
  expect(whose('::ffff:203.0.113.7')).toBe(whose('203.0.113.7'));
});

test('the addresses of an IPv6 /64 are one sender’s', () => {
  expect(whose('2001:db8:1:2::1')).toBe(whose('2001:db8:1:2:ffff:ffff:ffff:ffff'));
  expect(whose('2001:db8:1:2::1')).not.toBe(whose('2001:db8:1:3::1'));
});

test('what is no address counts together', () => {
  expect(whose(undefined)).toBe(whose('no address'));
});

test('no two callers have one allowance', () => {
  const all = [
    limitedCaller(client({ clientId: 'a', use: 'identity' })),
    limitedCaller(client({ clientId: 'a', use: 'health' })),
    limitedCaller(person({ id: 'a', session: 's' })),
    limitedCaller(staff({ id: 'a', session: 's', roles: [] })),
    limitedCaller(staff({ id: 'a', session: 's', roles: [], secondFactorAt: new Date() })),
    limitedAddress('203.0.113.7'),
  ].map((as) => as?.whose);
  expect(new Set(all).size).toBe(all.length);
});

test('a person has one, however many sessions', () => {
  const one = limitedCaller(person({ id: 'a', session: 's1' }));
  expect(limitedCaller(person({ id: 'a', session: 's2' }))).toEqual(one);
});

test('before a second factor each session of staff has its own', () => {
  const half = (session: string) => limitedCaller(staff({ id: 'a', session, roles: [] }));
  expect(half('s1')).not.toEqual(half('s2'));
});

test('our own processes have none', () => {
  expect(limitedCaller(process({ name: 'api' }))).toBeNull();
});
