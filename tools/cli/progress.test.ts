import { expect, it } from 'vitest';
import { Lines } from './progress.js';
import { isSameValue } from './same-value.js';
import { waitMs } from './vault-client.js';

it('progress is a line for each five seconds where nobody watches', () => {
  const said: string[] = [];
  let now = 0;
  const progress = new Lines(
    (line) => said.push(line),
    'rows',
    () => now,
  );
  progress.begin(100);
  for (now = 1_000; now < 12_000; now += 1_000) progress.at(now / 1_000, now > 8_000 ? '2 refused' : '');
  expect(said).toEqual(['5 of 100 rows', '10 of 100 rows, 2 refused']);
});

it('Retry-After is seconds or a date, and bounded', () => {
  const wait = (value?: string) =>
    waitMs({ headers: new Headers(value === undefined ? {} : { 'retry-after': value }) }, 0);
  expect([wait('7'), wait('Thu, 01 Jan 1970 00:00:30 GMT'), wait(), wait('soon')]).toEqual([
    7_000, 30_000, 2_000, 2_000,
  ]);
  expect([wait('0'), wait('999999'), wait('Thu, 01 Jan 1960 00:00:30 GMT')]).toEqual([100, 600_000, 100]);
});

it('values are compared however they are written, and are others where they are', () => {
  expect(isSameValue('email', 'Ada@Example.org', 'ada@example.org')).toBe(true);
  expect(isSameValue('phone', '+44 (0)20 7946-0018', '+442079460018')).toBe(true);
  expect(isSameValue('customer_number', 'AB 12-3', 'ab123')).toBe(true);
  expect(isSameValue('email', 'ada@example.org', 'ada@example.com')).toBe(false);
  expect(isSameValue('phone', '+442079460018', '+442079460019')).toBe(false);
  expect(isSameValue('email', 'ada@example.org', undefined)).toBe(false);
});
