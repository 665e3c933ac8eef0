import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  migrate,
  migration,
  OutboxWorker,
  openDatabase,
  outboxSchemaSql,
  UnitOfWork,
} from '@integument/database';
import { freshEmptyDatabase } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { createQueues } from './create-queues.js';
import { describeQueues } from './queues.contract.js';

/** Nothing that has to be installed: the embedded run keeps its jobs in PostgreSQL. */
const present = spawnSync('redis-server', ['--version']).status === 0;
if (!present) console.warn('skipped: jobs on Redis, because there is no redis-server on the PATH');

async function startRedis(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'integument-redis-'));
  const port = await freePort();
  const server = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    folder,
  ]);
  await listening(server);
  const stop = async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function listening(server: ChildProcess): Promise<void> {
  let log = '';
  for await (const chunk of server.stdout as NonNullable<ChildProcess['stdout']>) {
    log += String(chunk);
    if (log.includes('Ready to accept connections')) return;
  }
  throw new Error('redis-server ended');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

describe.skipIf(!present)('with a Redis server', () => {
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
