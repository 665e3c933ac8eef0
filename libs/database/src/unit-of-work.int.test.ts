import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { freshEmptyDatabase } from '@integument/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from './data-source.js';
import { noConnection } from './no-connection.js';
import { NotReady } from './not-ready.js';
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

  it('commits what was sent and not waited for, or nothing: and says why', async () => {
    await unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      tx.send(insert, [2]);
    });
    expect(await ids()).toEqual([1, 2]);
    const last = unitOfWork.run(async (tx) => {
      await tx.query(insert, [3]);
      tx.send(insert, [1]);
    });
    await expect(last).rejects.toThrow('note_pkey');
    const between = unitOfWork.run(async (tx) => {
      tx.send(insert, [1]);
      await tx.query(insert, [3]);
    });
    await expect(between).rejects.toThrow('note_pkey');
    expect(await ids()).toEqual([1, 2]);
  });

  it('sends what is sent in the same moment in one system call', async () => {
    await unitOfWork.run((tx) => tx.query('SELECT 1'));
    const written = [vi.spyOn(Socket.prototype, '_write'), vi.spyOn(Socket.prototype, '_writev')];
    await unitOfWork.run((tx) => {
      for (const id of [1, 2, 3, 4]) tx.send(insert, [id]);
      return Promise.resolve();
    });
    const calls = written.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
    for (const spy of written) spy.mockRestore();
    expect(calls).toBeLessThanOrEqual(2);
    expect(await ids()).toEqual([1, 2, 3, 4]);
  });

  it('has nothing of what was sent when the work rejects, whatever became of it', async () => {
    const failure = new Error('changed my mind');
    for (const id of [1, 1, 2]) {
      const work = unitOfWork.run(async (tx) => {
        tx.send(insert, [id]);
        tx.send(insert, [id + 1]);
        await Promise.reject(failure);
      });
      await expect(work).rejects.toBe(failure);
    }
    expect(await ids()).toEqual([]);
  });

  it('rejects when the connection ends under what was sent', async () => {
    const work = unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      tx.send('SELECT pg_terminate_backend(pg_backend_pid())');
      tx.send(insert, [2]);
    });
    await expect(work).rejects.toThrow();
    expect(await ids()).toEqual([]);
    await unitOfWork.run((tx) => tx.query(insert, [1]));
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

  it('that is sent is waited for', async () => {
    const send = (id: number) => unitOfWork.single((tx) => Promise.resolve(tx.send(insert, [id])));
    await send(1);
    expect(await ids()).toEqual([1]);
    await expect(send(1)).rejects.toThrow('note_pkey');
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

describe('what has to wait for another process', () => {
  const otherwise = () => new Error('never came');
  const idle = async () => {
    const sql = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'unit of work' AND state LIKE 'idle in transaction%'`;
    return (await dataSource.query<{ count: number }[]>(sql))[0]?.count;
  };

  it('waits outside of the transaction, which is rolled back and run again', async () => {
    let here = false;
    const seen: unknown[] = [];
    const result = await unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      if (here) return 'done';
      throw new NotReady(async () => {
        here = true;
        seen.push(await idle(), await ids());
      }, otherwise);
    });
    expect(result).toBe('done');
    expect(seen).toEqual([0, []]);
    expect(await ids()).toEqual([1]);
  });

  it('holds no connection meanwhile: more may wait than there are connections', async () => {
    let waiting = 0;
    let go = () => {};
    const all = new Promise<void>((resolve) => {
      go = resolve;
    });
    const ready = () => {
      if (++waiting === 3 * POOL) go();
      return all;
    };
    const work = (id: number) => {
      let first = true;
      return unitOfWork.run(async (tx) => {
        await tx.query(insert, [id]);
        if (!first) return;
        first = false;
        throw new NotReady(ready, otherwise);
      });
    };
    await Promise.all(Array.from({ length: 3 * POOL }, (_, id) => work(id)));
    expect(await ids()).toHaveLength(3 * POOL);
  });

  it('leaves nothing where it never comes', async () => {
    const work = unitOfWork.run(async (tx) => {
      await tx.query(insert, [1]);
      throw new NotReady(() => Promise.resolve(), otherwise);
    });
    await expect(work).rejects.toThrow('never came');
    expect(await ids()).toEqual([]);
  });

  it('is not waited for once a single statement has taken effect', async () => {
    let runs = 0;
    const late = unitOfWork.single(async (tx) => {
      runs++;
      await tx.query(insert, [1]);
      throw new NotReady(() => Promise.resolve(), otherwise);
    });
    await expect(late).rejects.toThrow('never came');
    expect([runs, await ids()]).toEqual([1, [1]]);
    let here = false;
    await unitOfWork.single(async (tx) => {
      if (here) return tx.query(insert, [2]);
      throw new NotReady(async () => {
        here = await Promise.resolve(true);
      }, otherwise);
    });
    expect(await ids()).toEqual([1, 2]);
  });
});

describe('work that gets no connection', () => {
  const later = (code: string) => ({ code, status: 503, headers: { 'retry-after': '2' } });

  it('is to come again where all were in use for too long', async () => {
    const small = await openDatabase({
      ...{ url, poolSize: 1, connectionMs: 1_000 },
      ...{ applicationName: 'small pool', migrations: [] },
    });
    const work = new UnitOfWork(small);
    const held = work.run(async (tx) => {
      const others = [work.run(() => Promise.resolve()), work.single(() => Promise.resolve())];
      const waited = await Promise.allSettled(others);
      const busy = { status: 'rejected', reason: later('server.busy') };
      expect(waited).toMatchObject([busy, busy]);
      return tx.query(insert, [1]);
    });
    await held.finally(() => small.destroy());
    expect(await ids()).toEqual([1]);
  });

  it('is to come again where the server does not answer', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
    const failed = await pool.connect().catch((error: unknown) => noConnection(error));
    expect(failed).toMatchObject(later('server.unavailable'));
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('says what it said before where that is known', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    expect(noConnection(refused)).toBe(refused);
  });
});
