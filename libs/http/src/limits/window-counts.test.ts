import { BlindIndex } from '@integument/crypto';
import { FixedClock } from '@integument/testing';
import { describe, expect, test } from 'vitest';
import type { SharedCounts } from './shared-counts.js';
import { type Taken, WindowCounts } from './window-counts.js';

const names = new BlindIndex(Buffer.alloc(32, 7));

/** A store in memory, so that a test says when it answers. */
class Store implements SharedCounts {
  readonly counts = new Map<string, number>();
  readonly asked: [name: string, points: number][] = [];
  away = false;
  add(name: string, points: number): Promise<number> {
    this.asked.push([name, points]);
    if (this.away) return Promise.reject(new Error('away'));
    const total = (this.counts.get(name) ?? 0) + points;
    this.counts.set(name, total);
    return Promise.resolve(total);
  }
  close = () => Promise.resolve();
}

function replicas(count: number, shared: SharedCounts | null) {
  const clock = new FixedClock();
  const aways: unknown[] = [];
  const make = () =>
    new WindowCounts({
      shared,
      names,
      windowMs: 60_000,
      now: () => clock.now().getTime(),
      onAway: (error) => aways.push(error),
    });
  return { clock, aways, all: Array.from({ length: count }, make) };
}

const takeOne = (counts: WindowCounts | undefined, whose: string, quota: number) =>
  counts?.take(counts.find(whose), quota);

async function allowed(counts: WindowCounts | undefined, whose: string, quota: number, times: number) {
  let passed = 0;
  for (let n = 0; n < times; n++) passed += (await takeOne(counts, whose, quota))?.allowed ? 1 : 0;
  return passed;
}

describe('one replica', () => {
  test('lets a quota through, tells what is left, and begins anew with the next window', async () => {
    const { clock, all } = replicas(1, new Store());
    const first = (await takeOne(all[0], 'a', 3)) as Taken;
    expect([first.allowed, first.left]).toEqual([true, 2]);
    expect(first.resetMs).toBeGreaterThan(0);
    expect(first.resetMs).toBeLessThanOrEqual(60_000);
    expect(await allowed(all[0], 'a', 3, 5)).toBe(2);
    expect(await allowed(all[0], 'b', 3, 5)).toBe(3);
    clock.advance({ milliseconds: first.resetMs - 1 });
    expect(await allowed(all[0], 'a', 3, 1)).toBe(0);
    clock.advance({ milliseconds: 1 });
    expect(await allowed(all[0], 'a', 3, 5)).toBe(3);
  });

  test('says once in a window that it refuses, unless that could not be written', async () => {
    const { all } = replicas(1, null);
    const firsts: boolean[] = [];
    for (let n = 0; n < 4; n++) {
      const taken = (await takeOne(all[0], 'a', 1)) as Taken;
      firsts.push(taken.first);
      if (n === 2) taken.unsay();
    }
    expect(firsts).toEqual([false, true, false, true]);
  });

  test('tells the store in slices, under names that say nothing', async () => {
    const store = new Store();
    const { all } = replicas(1, store);
    expect(await allowed(all[0], 'client identity shop', 1_000, 59)).toBe(59);
    expect(store.asked.map(([, points]) => points)).toEqual([20, 20]);
    const [[name] = ['']] = store.asked;
    expect(name).toMatch(/^[\w-]{22}\.\d+$/);
    expect(name).not.toContain('shop');
  });
});

describe('several replicas', () => {
  test('let through no more than their slices above the quota', async () => {
    const { all } = replicas(4, new Store());
    let passed = 0;
    for (let n = 0; n < 5_000; n++) passed += await allowed(all[n % 4], 'a', 1_000, 1);
    expect(passed).toBeGreaterThanOrEqual(1_000);
    expect(passed).toBeLessThanOrEqual(1_000 * (1 + (2 * 4) / 50));
  });

  test('wait for a store that is slow rather than let more through', async () => {
    const slow: (() => void)[] = [];
    const store = new Store();
    const add = store.add.bind(store);
    store.add = (name, points) => new Promise((resolve) => slow.push(() => resolve(add(name, points))));
    const { all } = replicas(1, store);
    const taken = Array.from({ length: 100 }, () => takeOne(all[0], 'a', 1_000));
    expect(taken.filter((one) => one instanceof Promise)).toHaveLength(60);
    for (let n = 0; n < 10; n++) {
      for (const answer of slow.splice(0)) answer();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const late = (await Promise.all(taken.map((one) => Promise.resolve(one)))) as Taken[];
    expect(late.every((one) => one.allowed)).toBe(true);
  });
});

describe('with the store away', () => {
  test('each counts alone, asks it rarely and tells once', async () => {
    const store = new Store();
    const { clock, aways, all } = replicas(2, store);
    store.away = true;
    expect(await allowed(all[0], 'a', 100, 200)).toBe(100);
    expect(await allowed(all[1], 'a', 100, 200)).toBe(100);
    expect([store.asked.length, aways.length]).toEqual([2, 2]);
    store.away = false;
    clock.advance({ seconds: 61 });
    expect(await allowed(all[0], 'a', 100, 200)).toBe(100);
    // What the first has sent is what the second hears.
    expect(await allowed(all[1], 'a', 100, 200)).toBeLessThanOrEqual(4);
  });
});
