import { CodedError } from '@integument/contracts';
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

/** Of one item alone, and the rest in a batch behind it. @returns what was flushed, and what became of each */
async function tried(count: number, fail: (items: readonly number[]) => Error | undefined) {
  const flushed: number[][] = [];
  const coalescer = new Coalescer<number, number>({
    maxBatch: 100,
    flush: (items) => {
      flushed.push([...items]);
      const error = fail(items);
      return error === undefined ? Promise.resolve([...items]) : Promise.reject(error);
    },
  });
  const all = await Promise.allSettled(Array.from({ length: count }, (_, n) => coalescer.submit(n)));
  return { flushed, failed: all.map((one) => (one.status === 'rejected' ? (one.reason as unknown) : null)) };
}

test.each([
  new CodedError('server.unavailable', 503, 'Away.'),
  Object.assign(new Error('no more connections'), { code: '53300', severity: 'FATAL' }),
])('what is away is not asked for each of those who wait: %s', async (away) => {
  const { flushed, failed } = await tried(50, () => away);
  expect(flushed.map(({ length }) => length)).toEqual([1, 49]);
  expect(failed.every((error) => error === away)).toBe(true);
});

test('what goes away while each is tried for itself is not asked for the rest', async () => {
  const taken = new CodedError('people.account_taken', 409, 'Taken.');
  const away = new CodedError('server.unavailable', 503, 'Away.');
  const { flushed, failed } = await tried(6, (items) => {
    if (items.length > 1 || items[0] === 2) return taken;
    return items[0] === 3 ? away : undefined;
  });
  expect(flushed).toEqual([[0], [1, 2, 3, 4, 5], [1], [2], [3]]);
  expect(failed).toEqual([null, null, taken, away, away, away]);
});

test.each([
  new CodedError('people.account_taken', 409, 'Taken.'),
  Object.assign(new Error('duplicate key'), { code: '23505', severity: 'ERROR' }),
  Object.assign(new Error('deadlock'), { code: '40P01', severity: 'ERROR' }),
  new Error('the seal is broken'),
])('what can be one item’s is its own: %s', async (own) => {
  const { failed } = await tried(5, (items) => (items.includes(3) ? own : undefined));
  expect(failed).toEqual([null, null, null, own, null]);
});

test('a flush that has taken effect is not repeated for a result that is missing', async () => {
  const batches: number[][] = [];
  const coalescer = new Coalescer<number, number>({
    maxBatch: 10,
    flush: (items) => {
      batches.push([...items]);
      return Promise.resolve(items.slice(1));
    },
  });
  await Promise.allSettled([1, 2, 3].map((item) => coalescer.submit(item)));
  expect(batches).toEqual([[1], [2, 3]]);
});
