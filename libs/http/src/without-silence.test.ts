import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SILENCE_MS, withoutSilence } from './without-silence.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whoever waits has begun to. */
async function waiting(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
}

it('counts no time in which nobody asks for more', async () => {
  const body = new PassThrough();
  const chunks = withoutSilence(body);
  body.write('1');
  expect(String((await chunks.next()).value)).toBe('1');
  vi.advanceTimersByTime(10 * SILENCE_MS);
  body.end('2');
  expect(String((await chunks.next()).value)).toBe('2');
  expect(await chunks.next()).toEqual({ done: true, value: undefined });
  expect(vi.getTimerCount()).toBe(0);
});

it('counts anew for each that comes, ends what says nothing, and leaves the body to be let go', async () => {
  const body = new PassThrough();
  const chunks = withoutSilence(body);
  for (const text of ['1', '2']) {
    const next = chunks.next();
    await waiting();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    body.write(text);
    expect(String((await next).value)).toBe(text);
  }
  const next = chunks.next();
  await waiting();
  vi.advanceTimersByTime(SILENCE_MS);
  await expect(next).rejects.toMatchObject({ code: 'request.silent', status: 400 });
  expect([body.destroyed, body.listenerCount('readable')]).toEqual([false, 0]);
  await new Promise((resolve) => setImmediate(resolve));
  body.resume();
  body.end('late');
  await once(body, 'end');
});

it('fails as the body does, whether that is waited for or not', async () => {
  for (const waits of [true, false]) {
    const body = new PassThrough();
    const chunks = withoutSilence(body);
    body.write('1');
    await chunks.next();
    const next = waits ? chunks.next() : undefined;
    body.on('error', () => undefined).destroy(new Error('cut off'));
    await expect(next ?? chunks.next()).rejects.toThrow(waits ? 'cut off' : /cut off|Premature close/);
    expect(vi.getTimerCount()).toBe(0);
  }
});
