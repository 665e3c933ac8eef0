import {
  migrate,
  migration,
  OutboxWorker,
  openDatabase,
  outboxSchemaSql,
  UnitOfWork,
} from '@integument/database';
import { freshEmptyDatabase, hasRedis, startRedis } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { createQueues } from './create-queues.js';
import { describeQueues } from './queues.contract.js';

describe.skipIf(!hasRedis('jobs on Redis'))('with a Redis server', () => {
  describeQueues('Redis', async () => {
    const { url: databaseUrl, drop } = await freshEmptyDatabase();
    const migrations = [migration(1, 'outbox', outboxSchemaSql)];
    const dataSource = await openDatabase({
      url: databaseUrl,
      poolSize: 4,
      applicationName: 'test',
      migrations,
    });
    await migrate(dataSource);
    const redis = await startRedis();
    return {
      dataSource,
      open: (report) => createQueues({ url: redis.url, report }),
      deliver: async (queues) => {
        const unitOfWork = new UnitOfWork(dataSource);
        const onFailure = ({ error }: { error: unknown }) => console.error(error);
        const worker = new OutboxWorker({ unitOfWork, handlers: queues.outboxHandlers, onFailure });
        while ((await worker.work()) > 0);
      },
      hold: (queue) => `
        import { Worker } from 'bullmq';
        new Worker(${JSON.stringify(queue)}, () => { console.log('claimed'); return new Promise(() => {}); },
          { connection: { url: ${JSON.stringify(redis.url)}, maxRetriesPerRequest: null }, lockDuration: 600, stalledInterval: 300 });`,
      close: async () => {
        await redis.stop();
        await dataSource.destroy();
        await drop();
      },
    };
  });

  it('a job that the outbox carries over twice is one job', async () => {
    const redis = await startRedis();
    const queues = await createQueues({ url: redis.url, report: () => undefined });
    const entries = [{ id: crypto.randomUUID(), data: {} }];
    const message = { id: Buffer.alloc(16), attempt: 1, signal: AbortSignal.timeout(5_000) };
    const carry = queues.outboxHandlers['queue.add'];
    for (let time = 0; time < 2; time++) await carry?.({ job: 'test.twice', entries, options: {} }, message);
    expect(await queues.counts({ name: 'test.twice' } as never)).toMatchObject({ waiting: 1 });
    await queues.close();
    await redis.stop();
  });
});
