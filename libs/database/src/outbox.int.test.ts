import { type FreshDatabase, freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from './data-source.js';
import { Outbox, outboxSchemaSql } from './outbox.js';
import { type OutboxHandler, OutboxWorker, type OutboxWorkerOptions } from './outbox-worker.js';
import { UnitOfWork } from './unit-of-work.js';

let database: FreshDatabase;
let dataSource: DataSource;
let unitOfWork: UnitOfWork;
const outbox = new Outbox<string>();
beforeAll(async () => {
  database = await freshEmptyDatabase();
  dataSource = await openDatabase({
    url: database.url,
    poolSize: 8,
    applicationName: 'test',
    migrations: [],
  });
  await dataSource.query(outboxSchemaSql);
  unitOfWork = new UnitOfWork(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});
beforeEach(() => dataSource.query('TRUNCATE outbox'));

const failures: { topic: string; attempt: number }[] = [];
afterEach(() => {
  failures.length = 0;
});

function worker(
  handlers: Record<string, OutboxHandler>,
  more: Partial<OutboxWorkerOptions> = {},
): OutboxWorker {
  return new OutboxWorker({
    unitOfWork,
    handlers,
    onFailure: ({ topic, attempt }) => failures.push({ topic, attempt }),
    ...more,
  });
}

const add = (topic: string, payload: object = {}) => unitOfWork.run((tx) => outbox.add(tx, topic, payload));
const rows = () =>
  dataSource.query<{ topic: string; attempts: number }[]>('SELECT topic, attempts FROM outbox');
const makeDue = () => dataSource.query('UPDATE outbox SET due_at = now()');

describe('a message', () => {
  test('exists exactly if its transaction commits', async () => {
    const rolledBack = unitOfWork.run(async (tx) => {
      await outbox.add(tx, 'note', {});
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    expect(await rows()).toEqual([]);
    await add('note');
    expect(await rows()).toHaveLength(1);
  });

  test('reaches its handler with payload, id and attempt, and is gone', async () => {
    const seen: unknown[] = [];
    const id = await add('note', { gate: 'gat_1', epoch: 3 });
    const working = worker({
      note: (payload, message) => {
        seen.push([payload, message.id.equals(id), message.attempt]);
        return Promise.resolve();
      },
    });
    expect(await working.work()).toBe(1);
    expect(seen).toEqual([[{ gate: 'gat_1', epoch: 3 }, true, 1]]);
    expect(await rows()).toEqual([]);
  });

  test('whose handler fails stays, waits longer each time, and comes again', async () => {
    await add('note');
    let succeed = false;
    const working = worker(
      { note: () => (succeed ? Promise.resolve() : Promise.reject(new Error('away'))) },
      { backoffMs: 60_000 },
    );
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      await working.work();
      expect(await working.work()).toBe(0);
      const [row] = await dataSource.query<{ wait: number }[]>(
        'SELECT extract(epoch FROM due_at - now())::float AS wait FROM outbox',
      );
      waits.push(row?.wait ?? 0);
      await makeDue();
    }
    expect(failures.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(waits.map((wait, at) => wait > 40 * 2 ** at && wait < 80 * 2 ** at)).toEqual([true, true, true]);
    succeed = true;
    await working.work();
    expect(await rows()).toEqual([]);
  });

  test('that a handler refuses by throwing outright is a failure like any other', async () => {
    await add('note');
    await worker({
      note: () => {
        throw new Error('at once');
      },
    }).work();
    expect(failures).toEqual([{ topic: 'note', attempt: 1 }]);
    expect(await rows()).toEqual([{ topic: 'note', attempts: 1 }]);
  });

  test('without a handler here is left to another worker', async () => {
    await add('other');
    expect(await worker({ note: () => Promise.resolve() }).work()).toBe(0);
    expect(await rows()).toEqual([{ topic: 'other', attempts: 0 }]);
  });
});

describe('several workers', () => {
  test('share the messages: each is handled once', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => add('note', { n })));
    const seen: number[] = [];
    const handler: OutboxHandler = async (payload) => {
      seen.push((payload as { n: number }).n);
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const workers = Array.from({ length: 4 }, () => worker({ note: handler }, { idleMs: 5 }));
    for (const one of workers) one.start();
    while ((await rows()).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(workers.map((one) => one.stop()));
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n));
  });

  test('take over what a dead one held, and the late one then changes nothing', async () => {
    await add('note');
    let finishLate = () => {};
    const late = worker({ note: () => new Promise<void>((resolve) => (finishLate = resolve)) });
    const stuck = late.work();
    while ((await rows())[0]?.attempts !== 1) await new Promise((resolve) => setTimeout(resolve, 2));
    const other = worker({ note: () => Promise.reject(new Error('not yet')) });
    expect(await other.work()).toBe(0);
    await makeDue();
    expect(await other.work()).toBe(1);
    finishLate();
    await stuck;
    expect(await rows()).toEqual([{ topic: 'note', attempts: 2 }]);
  });

  test('hold no transaction open while a handler runs', async () => {
    await add('note');
    let open = -1;
    const working = worker({
      note: async () => {
        const [row] = await dataSource.query<{ n: number }[]>(
          `SELECT count(*)::int AS n FROM pg_stat_activity
           WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()`,
        );
        open = row?.n ?? -1;
      },
    });
    await working.work();
    expect(open).toBe(0);
  });
});

describe('a running worker', () => {
  test('looks at once when nudged, and stops when what it has is through', async () => {
    const seen: number[] = [];
    const working = worker(
      { note: (payload) => Promise.resolve(void seen.push((payload as { n: number }).n)) },
      { idleMs: 60_000 },
    );
    working.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await add('note', { n: 1 });
    working.nudge();
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await working.stop();
    expect(seen).toEqual([1]);
    expect(await rows()).toEqual([]);
  });

  test('survives a database that is away', async () => {
    const broken = await openDatabase({
      url: database.url,
      poolSize: 1,
      applicationName: 'test',
      migrations: [],
    });
    await broken.destroy();
    const working = worker(
      { note: () => Promise.resolve() },
      { unitOfWork: new UnitOfWork(broken), idleMs: 5 },
    );
    working.start();
    while (failures.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await working.stop();
    expect(failures[0]?.topic).toBe('outbox');
  });
});
