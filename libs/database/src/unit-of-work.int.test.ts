import { setTimeout } from 'node:timers/promises';
import { freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from './data-source.js';
import { UnitOfWork } from './unit-of-work.js';

const POOL = 4;
let dataSource: DataSource;
let unitOfWork: UnitOfWork;
let drop: () => Promise<void>;
let url: string;

beforeAll(async () => {
  const database = await freshEmptyDatabase();
  drop = database.drop;
  url = database.url;
  dataSource = await openDatabase({
    url: database.url,
    poolSize: POOL,
    applicationName: 'unit of work',
    migrations: [],
  });
  unitOfWork = new UnitOfWork(dataSource);
  await dataSource.query('CREATE TABLE note (id int PRIMARY KEY)');
});
beforeEach(() => dataSource.query('TRUNCATE note'));
afterAll(async () => {
  await dataSource.destroy();
  await drop();
});

const insert = 'INSERT INTO note (id) VALUES ($1)';
const ids = async () =>
  (await dataSource.query<{ id: number }[]>('SELECT id FROM note ORDER BY id')).map(({ id }) => id);

describe('a unit of work', () => {
  it('commits all of it, and nobody sees any of it before', async () => {
    const result = await unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      await tx.query(insert, [2]);
      expect(await ids()).toEqual([]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await ids()).toEqual([1, 2]);
  });

  it('undoes all of it when the work rejects, and passes the rejection on', async () => {
    const failure = new Error('changed my mind');
    const work = unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await ids()).toEqual([]);
  });

  it('does not pass for committed when a failed statement was swallowed', async () => {
    const work = unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      await tx.query(insert, [1]).catch(() => undefined);
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await ids()).toEqual([]);
  });

  it('rejects when the connection is lost on the way, and the next one works', async () => {
    const work = unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      const [self] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await dataSource.query('SELECT pg_terminate_backend($1)', [self?.pid]);
      await tx.query(insert, [2]);
    });
    await expect(work).rejects.toThrow();
    for (let n = 0; n < POOL * 2; n++) await unitOfWork.run((tx) => tx.query(insert, [10 + n]));
    expect(await ids()).toEqual(Array.from({ length: POOL * 2 }, (_, n) => 10 + n));
  });

  it('gives its connection back, whatever happens', async () => {
    const fail = (tx: { query: (sql: string) => Promise<unknown> }) => tx.query('SELECT 1 / 0');
    for (let n = 0; n < POOL * 3; n++) {
      await expect(unitOfWork.run(fail)).rejects.toThrow('division by zero');
      await expect(unitOfWork.single(fail)).rejects.toThrow('division by zero');
    }
    await Promise.all(
      Array.from({ length: POOL * 3 }, (_, n) => unitOfWork.run((tx) => tx.query(insert, [n]))),
    );
    expect(await ids()).toHaveLength(POOL * 3);
  });

  it('takes a statement by name, and values by parameter only', async () => {
    const named = { name: 'note.insert', text: insert };
    await unitOfWork.run(async (tx) => {
      await tx.query(named, [1]);
      await tx.query(named, [2]);
    });
    expect(await ids()).toEqual([1, 2]);
    await expect(unitOfWork.run((tx) => tx.query(insert, ['1); DROP TABLE note; --']))).rejects.toThrow(
      'integer',
    );
    expect(await ids()).toEqual([1, 2]);
  });
});

describe('a transaction that does nothing', () => {
  it('is ended after its time, writes nothing, and leaves the pool as it was', async () => {
    const hasty = await openDatabase({
      url,
      poolSize: 1,
      applicationName: 'hasty',
      idleInTransactionMs: 100,
      migrations: [],
    });
    const on = new UnitOfWork(hasty);
    const idle = on.run(async (tx) => {
      await tx.query(insert, [1]);
      await setTimeout(400);
      await tx.query(insert, [2]);
    });
    await expect(idle).rejects.toThrow();
    expect(await ids()).toEqual([]);
    // Of one that is busy nothing is ended.
    await on.run(async (tx) => {
      await tx.query('SELECT pg_sleep(0.4)');
      await tx.query(insert, [3]);
    });
    expect(await ids()).toEqual([3]);
    await hasty.destroy();
  });
});

describe('a single statement', () => {
  it('is its own transaction', async () => {
    await unitOfWork.single((tx) => tx.query(insert, [1]));
    await expect(unitOfWork.single((tx) => tx.query('INSERT INTO note VALUES (2), (1)'))).rejects.toThrow(
      'unique',
    );
    expect(await ids()).toEqual([1]);
  });

  it('refuses a second one, which would commit apart from it', async () => {
    const work = unitOfWork.single(async (tx) => {
      await tx.query(insert, [1]);
      await tx.query(insert, [2]);
    });
    await expect(work).rejects.toThrow('a second statement');
    expect(await ids()).toEqual([1]);
  });
});
