import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { openDatabase } from '@integument/database';
import { freshEmptyDatabase } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** Nothing that has to be installed: without it the counts are in PostgreSQL. */
const present = spawnSync('redis-server', ['--version']).status === 0;
if (!present) console.warn('skipped: counts in Redis, because there is no redis-server on the PATH');

describe.skipIf(!present)('with a Redis server', () => {
  describeCounts('counts in Redis', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '']);
    await listening(server);
    const counts = [0, 1].map(() => redisCounts(`redis://127.0.0.1:${port}`));
    // Nothing waits for a connection: until there is one, a count stays with its replica.
    await expect.poll(() => Promise.all(counts.map((one) => one.add('start', 1, 1)))).toHaveLength(2);
    return {
      counts: counts as [SharedCounts, SharedCounts],
      close: async () => {
        await Promise.all(counts.map((one) => one.close()));
        server.kill('SIGTERM');
        await once(server, 'exit');
      },
    };
  });
});

async function listening(server: ChildProcess): Promise<void> {
  for await (const chunk of server.stdout as NonNullable<ChildProcess['stdout']>) {
    if (String(chunk).includes('Ready to accept connections')) return;
  }
  throw new Error('redis-server ended');
}

test('a Redis that is not there rejects at once, and ends nothing', async () => {
  const counts = redisCounts('redis://127.0.0.1:1');
  await expect(counts.add('a.1', 1, 60)).rejects.toThrow();
  await counts.close();
});
