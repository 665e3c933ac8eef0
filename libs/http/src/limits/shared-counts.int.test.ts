import { openDatabase } from '@integument/database';
import { freshEmptyDatabase, hasRedis, startRedis } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { postgresCounts, rateCountSchemaSql, redisCounts, type SharedCounts } from './shared-counts.js';

interface Opened {
  /** two replicas' connections to one store */
  readonly counts: readonly [SharedCounts, SharedCounts];
  readonly close: () => Promise<void>;
}

function describeCounts(title: string, open: () => Promise<Opened>): void {
  describe(title, () => {
    let opened: Opened;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    test('adds what both send, at the same time too', async () => {
      const [one, other] = opened.counts;
      const totals = await Promise.all(
        Array.from({ length: 40 }, (_, n) => (n % 2 ? one : other).add('a.1', 3, 60)),
      );
      expect(Math.max(...totals)).toBe(120);
      expect(new Set(totals).size).toBe(40);
    });

    test('keeps names and windows apart', async () => {
      const [one, other] = opened.counts;
      expect([await one.add('b.1', 1, 60), await other.add('b.2', 2, 60)]).toEqual([1, 2]);
    });

    test('lets a count go when its time is over', async () => {
      const [one] = opened.counts;
      await one.add('c.1', 5, 1);
      await expect.poll(() => one.add('c.1', 1, 1), { interval: 1_100, timeout: 10_000 }).toBe(1);
    });
  });
}

describeCounts('counts in PostgreSQL', async () => {
  const database = await freshEmptyDatabase();
  const source = () =>
    openDatabase({ url: database.url, poolSize: 4, applicationName: 'test', migrations: [] });
  const [one, other] = [await source(), await source()];
  await one.query(rateCountSchemaSql);
  return {
    counts: [postgresCounts(one), postgresCounts(other)],
    close: async () => {
      await Promise.all([one.destroy(), other.destroy()]);
      await database.drop();
    },
  };
});

describe.skipIf(!hasRedis('counts in Redis'))('with a Redis server', () => {
  describeCounts('counts in Redis', async () => {
    const redis = await startRedis();
    const counts = [0, 1].map(() => redisCounts(redis.url));
    // Nothing waits for a connection: until there is one, a count stays with its replica.
    await vi.waitFor(() => Promise.all(counts.map((one) => one.add('start', 1, 1))));
    return {
      counts: counts as [SharedCounts, SharedCounts],
      close: async () => {
        await Promise.all(counts.map((one) => one.close()));
        await redis.stop();
      },
    };
  });
});

test('a Redis that is not there rejects at once, and ends nothing', async () => {
  const counts = redisCounts('redis://127.0.0.1:1');
  await expect(counts.add('a.1', 1, 60)).rejects.toThrow();
  await counts.close();
});
