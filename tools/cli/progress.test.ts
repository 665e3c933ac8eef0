import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lines, progressOn } from './progress.js';
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

describe('progress is a bar where a person watches', () => {
  const HIDE = '\x1b[?25l';
  const SHOW = '\x1b[?25h';
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  const begun = () => progressOn(stream as unknown as NodeJS.WriteStream, 'rows');
  /** What stands there now, without the bar and the time that is left. */
  const shown = () => {
    vi.advanceTimersByTime(200);
    const frame = written.findLast((text) => text.includes(' rows')) ?? '';
    return /\d+ %.* rows( {2}[\w ]+(?= {2}))?/.exec(frame)?.[0];
  };
  beforeEach(() => {
    vi.useFakeTimers();
    written.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that begins where it was, and has a note and a total that grows', () => {
    const progress = begun();
    progress.begin(200, 50);
    expect(shown()).toBe('25 %  50 of 200 rows');
    progress.at(100, '2 refused');
    expect(shown()).toBe('50 %  100 of 200 rows  2 refused');
    progress.at(300, '3 refused');
    expect(shown()).toBe('100 %  300 of 300 rows  3 refused');
    progress.end();
  });

  it('that has no total at first has what there is', () => {
    const progress = begun();
    progress.begin(undefined, 0);
    progress.at(7, '');
    expect(shown()).toBe('100 %  7 of 7 rows');
    progress.end();
  });

  it('that shows what came last and gives the cursor back when it ends, and nothing behind that', () => {
    const progress = begun();
    const signals = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal));
    progress.begin(10, 0);
    expect(written.join('')).toContain(HIDE);
    expect(['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))).toEqual(signals);
    progress.at(9, '');
    progress.end();
    const all = written.join('');
    expect(shown()).toBe('90 %  9 of 10 rows');
    expect(all.lastIndexOf(SHOW)).toBeGreaterThan(all.lastIndexOf('9 of 10 rows'));
    expect(all.endsWith('\n')).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect([written.join(''), vi.getTimerCount()]).toEqual([all, 0]);
  });
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
