import type { Logger } from '@integument/telemetry';
import { describe, expect, it } from 'vitest';
import { Periodic } from './periodic.js';

const warnings: object[] = [];
const logger = {
  warn: (_: string, fields: object) => {
    warnings.push(fields);
  },
} as unknown as Logger;

/** Resolves when it has been called so many times. */
function countdown(times: number): { run: () => Promise<void>; done: Promise<void> } {
  let left = times;
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    done,
    run: () => {
      if (--left === 0) finish();
      return Promise.resolve();
    },
  };
}

describe('a periodic task', () => {
  it('runs again and again, also after a run that failed, which is logged under its name', async () => {
    const periodic = new Periodic(logger);
    const { run, done } = countdown(4);
    const failure = new Error('not now');
    let runs = 0;
    periodic.every(1, 'sometimes', async () => {
      await run();
      if (++runs === 2) throw failure;
    });
    await done;
    await periodic.close();
    expect(warnings).toEqual([{ component: 'sometimes', error: failure }]);
  });

  it('that fails on and on is tried less and less often, and as ever once it succeeds', async () => {
    const periodic = new Periodic(logger);
    const { run, done } = countdown(10);
    const at: number[] = [];
    periodic.every(4, 'failing', async () => {
      at.push(performance.now());
      await run();
      if (at.length <= 5) throw new Error('not now');
    });
    await done;
    await periodic.close();
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    // 8, 16, 32, 64 and 128 ms, then 4 again.
    expect(Math.min(...pauses.slice(3, 5))).toBeGreaterThan(60);
    expect(Math.min(...pauses.slice(5))).toBeLessThan(60);
  });

  it('never overlaps itself, and stands still once it is closed', async () => {
    const periodic = new Periodic(logger);
    const { run, done } = countdown(3);
    let [running, most, runs] = [0, 0, 0];
    periodic.every(0, 'slow', async () => {
      most = Math.max(most, ++running);
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 3));
      await run();
      running--;
    });
    await done;
    await periodic.close();
    const before = runs;
    expect({ running, most }).toEqual({ running: 0, most: 1 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(runs).toBe(before);
  });

  it('that waits a long time does not hold the end up', async () => {
    const periodic = new Periodic(logger);
    const { run, done } = countdown(1);
    periodic.every(3_600_000, 'hourly', run);
    await done;
    await periodic.close();
  });
});
