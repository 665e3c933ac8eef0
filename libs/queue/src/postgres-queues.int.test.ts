import { openDatabase, UnitOfWork } from '@integument/database';
import { freshEmptyDatabase } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQueues } from './create-queues.js';
import { describeQueues } from './queues.contract.js';

const connect = (url: string) => openDatabase({ url, poolSize: 4, applicationName: 'test', migrations: [] });

describeQueues('PostgreSQL', async () => {
  const { url, drop } = await freshEmptyDatabase();
  const dataSource = await connect(url);
  return {
    dataSource,
    open: (report) => createQueues({ url, report }),
    deliver: () => Promise.resolve(),
    hold: (queue) => `
      import { Worker, createPostgresBackend } from 'bullmq';
      new Worker(${JSON.stringify(queue)}, () => { console.log('claimed'); return new Promise(() => setTimeout(() => {}, 60_000)); },
        { connection: { connectionString: ${JSON.stringify(url)} }, lockDuration: 600, stalledInterval: 300 }, createPostgresBackend);`,
    close: async () => {
      await dataSource.destroy();
      await drop();
    },
  };
});

describe('a queue in another PostgreSQL database', () => {
  let places: Awaited<ReturnType<typeof freshEmptyDatabase>>[];

  beforeAll(async () => {
    places = await Promise.all([freshEmptyDatabase(), freshEmptyDatabase()]);
  });
  afterAll(() => Promise.all(places.map(({ drop }) => drop())));

  it('is found out at start, before a job waits there for ever', async () => {
    const [business, elsewhere] = places.map(({ url }) => url) as [string, string];
    const dataSource = await connect(business);
    const queues = await createQueues({ url: elsewhere, report: () => undefined });
    const verified = new UnitOfWork(dataSource).run((tx) => queues.verify(tx));
    await expect(verified).rejects.toThrow('another database');
    await queues.close();
    await dataSource.destroy();
  });
});

describe('a queue URL of another kind', () => {
  it('is refused', async () => {
    await expect(createQueues({ url: 'amqp://127.0.0.1', report: () => undefined })).rejects.toThrow(
      TypeError,
    );
  });
});
