import { expect, test } from 'vitest';
import { Coalescer } from './coalescer.js';

/** A flush that waits to be let go, and remembers its batches. */
function gated(maxBatch = 100, more: { concurrency?: number; maxWaiting?: number } = {}) {
  const batches: number[][] = [];
  const gates: (() => void)[] = [];
  const coalescer = new Coalescer<number, number>({
    maxBatch,
    ...more,
    flush: async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => gates.push(resolve));
      if (items.includes(13)) throw new Error('unlucky');
      return items.map((item) => item * 2);
    },
  });
  const release = async () => {
    // Each flush starts in a microtask after the one before it.
    for (let turn = 0; turn < 100; turn++) {
      gates.splice(0).forEach((go) => {
        go();
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { coalescer, batches, release };
}

test('a lone item goes at once; what arrives meanwhile goes together', async () => {
  const { coalescer, batches, release } = gated();
  const results = [1, 2, 3, 4].map((item) => coalescer.submit(item));
  expect(batches).toEqual([[1]]);
  await release();
  expect(await Promise.all(results)).toEqual([2, 4, 6, 8]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

test('no batch is larger than allowed', async () => {
  const { coalescer, batches, release } = gated(2);
  const results = [1, 2, 3, 4, 5].map((item) => coalescer.submit(item));
  await release();
  await Promise.all(results);
  expect(batches).toEqual([[1], [2, 3], [4, 5]]);
});

test('nobody pays for a neighbour: a failed batch is tried one by one', async () => {
  const { coalescer, batches, release } = gated();
  const results = [1, 12, 13, 14].map((item) => coalescer.submit(item));
  const settled = Promise.allSettled(results);
  await release();
  expect((await settled).map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    2,
    24,
    'failed',
    28,
  ]);
  expect(batches).toEqual([[1], [12, 13, 14], [12], [13], [14]]);
  const after = coalescer.submit(5);
  await release();
  expect(await after).toBe(10);
});

test('as many flushes run side by side as allowed', () => {
  const { coalescer, batches } = gated(1, { concurrency: 2 });
  for (const item of [1, 2, 3]) void coalescer.submit(item);
  expect(batches).toEqual([[1], [2]]);
});

test('more waiting than allowed is refused, not hoarded', async () => {
  const { coalescer, release } = gated(10, { maxWaiting: 2 });
  const taken = [1, 2, 3].map((item) => coalescer.submit(item));
  await expect(coalescer.submit(4)).rejects.toMatchObject({ code: 'server.busy', status: 503 });
  await release();
  expect(await Promise.all(taken)).toEqual([2, 4, 6]);
});

test('a flush that loses a result fails its items instead of mixing them up', async () => {
  const coalescer = new Coalescer<number, number>({ maxBatch: 10, flush: () => Promise.resolve([]) });
  await expect(coalescer.submit(1)).rejects.toThrow('another number of results');
});

test('a flush that throws before it returns a promise fails its items only', async () => {
  const coalescer = new Coalescer<number, number>({
    maxBatch: 10,
    flush: (items) => {
      if (items.includes(13)) throw new Error('unlucky');
      return Promise.resolve([...items]);
    },
  });
  await expect(coalescer.submit(13)).rejects.toThrow('unlucky');
  expect(await coalescer.submit(1)).toBe(1);
});
