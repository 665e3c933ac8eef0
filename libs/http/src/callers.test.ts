import { client, person } from '@integument/authz';
import { describe, expect, test } from 'vitest';
import { type CallerResolver, firstOf } from './callers.js';
import { RecentTokens } from './recent-tokens.js';
import type { HttpRequest } from './request.js';

const request = { headers: {} } as HttpRequest;
const anna = person({ id: 'anna', session: 's' });
const shop = client({ clientId: 'shop', use: 'identity' });
const never: CallerResolver = {
  resolve: () => {
    throw new Error('asked too far');
  },
};

describe('resolvers in a row', () => {
  test('the first that knows wins, without a promise where none is needed', () => {
    expect(firstOf({ resolve: () => null }, { resolve: () => shop }, never).resolve(request)).toBe(shop);
    expect(firstOf({ resolve: () => null }).resolve(request)).toBeNull();
  });

  test('one that has to look is waited for', async () => {
    const slow = (found: typeof anna | null): CallerResolver => ({ resolve: () => Promise.resolve(found) });
    await expect(firstOf(slow(null), slow(anna), never).resolve(request)).resolves.toBe(anna);
    await expect(firstOf(slow(null), { resolve: () => shop }, never).resolve(request)).resolves.toBe(shop);
    await expect(firstOf(slow(null), slow(null)).resolve(request)).resolves.toBeNull();
  });

  test('a bad credential ends the search', async () => {
    expect(() => firstOf(never, { resolve: () => shop }).resolve(request)).toThrow('asked too far');
    const bad: CallerResolver = { resolve: () => Promise.reject(new Error('bad')) };
    await expect(firstOf(bad, { resolve: () => shop }).resolve(request)).rejects.toThrow('bad');
  });

  test('peeking asks only those that can without I/O', () => {
    expect(firstOf(never, { resolve: () => null, peek: () => shop }).peek?.(request)).toBe(shop);
    expect(firstOf(never).peek?.(request)).toBeNull();
  });
});

describe('recent tokens', () => {
  const verified = (until: number) => ({ claims: {}, until });

  test('are known for a second at least and two at most', () => {
    const recent = new RecentTokens();
    recent.set('t', verified(1e9), 10_000);
    expect(recent.get('t', 10_999)).toBeDefined();
    expect(recent.get('t', 11_001)).toBeDefined();
    expect(recent.get('t', 12_002)).toBeUndefined();
  });

  test('are forgotten after a pause', () => {
    const recent = new RecentTokens();
    recent.set('t', verified(1e9), 10_000);
    expect(recent.get('t', 12_001)).toBeUndefined();
  });

  test('do not outlive their own end', () => {
    const recent = new RecentTokens();
    recent.set('t', verified(10_500), 10_000);
    expect(recent.get('t', 10_499)).toBeDefined();
    expect(recent.get('t', 10_500)).toBeUndefined();
  });

  test('are told apart by the whole of them', () => {
    const end = '0123456789abcdefghijklmn';
    const recent = new RecentTokens();
    recent.set(`mine.${end}`, verified(1e9), 10_000);
    expect(recent.get(`other.${end}`, 10_000)).toBeUndefined();
    expect(recent.get(`mine.${end}`, 10_000)).toBeDefined();
  });

  test('are few', () => {
    const recent = new RecentTokens();
    for (let n = 0; n < 1_500; n++) recent.set(`t${n}`, verified(1e9), 10_000);
    expect(recent.get('t999', 10_000)).toBeDefined();
    expect(recent.get('t1000', 10_000)).toBeUndefined();
  });
});
