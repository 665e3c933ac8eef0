import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Coalescer } from './coalescer.js';
import { openDatabase } from './data-source.js';
import { type Tx, UnitOfWork } from './unit-of-work.js';

/** Stands before PostgreSQL, and can swallow what it answers to the next COMMIT, with the connection. */
class Wire {
  cutsCommit = false;
  readonly #server: Server;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((socket) => this.join(socket, connect(target)));
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }

  private join(socket: Socket, database: Socket): void {
    let swallows = false;
    socket.on('data', (sent) => {
      if (this.cutsCommit && sent.includes('COMMIT')) {
        swallows = true;
        this.cutsCommit = false;
      }
      database.write(sent);
    });
    database.on('data', (answer) => (swallows ? socket.destroy() : socket.write(answer)));
    for (const [one, other] of [
      [socket, database],
      [database, socket],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.end());
    }
  }
}

let wire: Wire;
let dataSource: DataSource;
let unitOfWork: UnitOfWork;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await freshEmptyDatabase();
  drop = database.drop;
  const url = new URL(database.url);
  wire = new Wire({ host: url.hostname, port: Number(url.port) });
  url.hostname = '127.0.0.1';
  url.port = String(await wire.listen());
  dataSource = await openDatabase({
    ...{ url: url.href, poolSize: 4 },
    ...{ applicationName: 'coalescer', migrations: [] },
  });
  unitOfWork = new UnitOfWork(dataSource);
  await dataSource.query('CREATE TABLE use (item int)');
});
beforeEach(() => dataSource.query('TRUNCATE use'));
afterAll(async () => {
  await dataSource.destroy();
  wire.close();
  await drop();
});

type Flush = (tx: Tx, items: readonly number[]) => Promise<unknown>;

async function used(run: 'run' | 'single', flush: Flush) {
  const flushed: number[] = [];
  const coalescer = new Coalescer<number, number>({
    maxBatch: 100,
    flush: async (items) => {
      flushed.push(items.length);
      await unitOfWork[run]((tx) => flush(tx, items));
      return items;
    },
  });
  const all = await Promise.allSettled([0, 1, 2, 3].map((item) => coalescer.submit(item)));
  const [row] = await dataSource.query<{ count: number }[]>('SELECT count(*)::int AS count FROM use');
  return { flushed, failed: all.filter(({ status }) => status === 'rejected').length, count: row?.count };
}

const use = 'INSERT INTO use SELECT unnest($1::int[])';

it('does nothing twice whose COMMIT was not answered', async () => {
  const outcome = await used('run', async (tx, items) => {
    await tx.query(use, [items]);
    wire.cutsCommit = items.length > 1;
  });
  expect(outcome).toEqual({ flushed: [1, 3], failed: 3, count: 4 });
});

it('does nothing twice where a single statement was not answered', async () => {
  const outcome = await used('single', (tx, items) => {
    wire.cutsCommit = items.length > 1;
    return tx.query(`${use} /* as its own COMMIT */`, [items]);
  });
  expect(outcome).toEqual({ flushed: [1, 3], failed: 3, count: 4 });
});

it('does not try each for itself where the connection was lost before', async () => {
  const outcome = await used('run', async (tx, items) => {
    await tx.query(use, [items]);
    if (items.length > 1) await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  expect(outcome).toEqual({ flushed: [1, 3], failed: 3, count: 1 });
});

it('tries each for itself where one can’t be written', async () => {
  const outcome = await used('run', (tx, items) =>
    tx.query(use, [items.map((item) => (item === 2 ? 'x' : item))]),
  );
  expect(outcome).toEqual({ flushed: [1, 3, 1, 1, 1], failed: 1, count: 3 });
});
