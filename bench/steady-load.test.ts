import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { steadily } from './steady-load.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a steady load', () => {
  it.each([
    ['keeps its rate, however long each takes', 100, 35, 200],
    ['falls behind rather than pile up', 100, 80, 100],
  ])('%s', async (_, perSecond, ms, times) => {
    const load = steadily(() => pause(ms), { perSecond, seconds: 2, concurrent: 4 });
    await vi.runAllTimersAsync();
    expect(await load).toBe(times);
  });
});
