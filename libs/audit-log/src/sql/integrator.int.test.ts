import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx, UnitOfWork } from '@integument/database';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Integrator } from './integrator.js';
import { entry, TestLog } from './log.fixture.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
beforeEach(() => log.reset());
afterAll(() => log.drop());

const range = (length: number, from = 0) => Array.from({ length }, (_, n) => from + n);
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);

describe('integration', () => {
  it('signs the empty log at first, so that there is always a checkpoint', async () => {
    expect(await log.reader.findCheckpoint()).toBeNull();
    expect(await log.integrator().integrate()).toBe(0);
    expect(await log.verify()).toMatchObject({ ok: true, size: 0, checkpoints: 1, firstAt: null });
  });

  it('puts what was committed into a tree that verifies', async () => {
    await log.append(1, 2);
    await log.append(3);
    expect(await log.integrator().integrate()).toBe(3);
    expect(await log.numbers()).toEqual([1, 2, 3]);
    const at = log.clock.now().toISOString();
    expect(await log.verify()).toMatchObject({
      ok: true,
      size: 3,
      origin: 'test.example/audit',
      firstAt: at,
      lastAt: at,
    });
  });

  it('has nothing of transactions that were rolled back, and no gap', async () => {
    await log.append(1);
    const lost = await log.hold((tx) => log.audit.append(tx, entry(2), entry(3)));
    await log.append(4);
    await lost.end('rollback');
    await log.integrator().integrate();
    expect(await log.numbers()).toEqual([1, 4]);
    expect(await log.verify()).toMatchObject({ ok: true, size: 2 });
  });

  it('goes on while a transaction stays open, which delays only itself', async () => {
    const integrator = log.integrator();
    const open = await log.hold((tx) => log.audit.append(tx, entry(1), entry(2)));
    await log.append(3);
    await integrator.integrate();
    expect(await log.numbers()).toEqual([3]);
    await log.append(4);
    await open.end('commit');
    await integrator.integrate();
    expect(await log.numbers()).toEqual([3, 1, 2, 4]);
    expect(await log.verify()).toMatchObject({ ok: true, size: 4 });
  });

  it('puts an entry behind those it could know of, even if its transaction is the older one', async () => {
    // The older transaction has staged already, waits for the newer one's commit, and only then does what it did.
    const older = await log.hold(async (tx) => {
      await log.audit.append(tx, entry(1));
      await tx.query('SELECT'); // behind it
      await log.append(2);
      await log.audit.append(tx, entry(3));
    });
    await older.end('commit');
    await log.integrator().integrate();
    expect(await log.numbers()).toEqual([1, 2, 3]);
  });

  it('keeps the order within a transaction across batches', async () => {
    const numbers = range(257);
    await log.unitOfWork.run(async (tx) => {
      for (const n of numbers) await log.audit.append(tx, entry(n));
    });
    expect(await log.integrator({ batchSize: 10 }).integrate()).toBe(257);
    expect(await log.numbers()).toEqual(numbers);
    expect(await log.verify()).toMatchObject({ ok: true, size: 257, checkpoints: 26 });
  });

  it('leaves to the next call what comes while it is at work, so that it does not go on for ever', async () => {
    let written = 1;
    const busy = {
      single: log.unitOfWork.single.bind(log.unitOfWork),
      run: async (work) => {
        const result = await log.unitOfWork.run(work);
        if (written < 20) await log.append(++written);
        return result;
      },
    } satisfies Pick<UnitOfWork, 'run' | 'single'> as UnitOfWork;
    await log.append(1);
    const integrator = log.integrator({ unitOfWork: busy });
    expect(await integrator.integrate()).toBe(1);
    expect(await log.numbers()).toEqual([1]);
    expect(await integrator.integrate()).toBe(1);
    expect(await log.numbers()).toEqual([1, 2]);
  });

  it('continues the tree after a restart', async () => {
    await log.append(1);
    await log.integrator().integrate();
    const earlier = (await log.reader.findCheckpoint())?.note ?? '';
    await log.append(2);
    await log.integrator().integrate();
    expect(await log.verify({ earlier })).toMatchObject({ ok: true, size: 2, earlierSize: 1 });
  });
});

describe('concurrent writers', () => {
  it('lose nothing, double nothing and keep their own order, with two integrators on one log', async () => {
    const random = seededRandom();
    const transactions = proofCount(30, 300);
    const integrators = [log.integrator({ batchSize: 7 }), log.integrator({ batchSize: 50 })];
    let writing = true;
    const integrating = integrators.map(async (integrator) => {
      while (writing) {
        await integrator.integrate();
        await sleep(1);
      }
    });
    const committed = await Promise.all(
      range(6).map((writer) => write(writer, transactions, random.below(2 ** 30))),
    );
    writing = false;
    await Promise.all(integrating);
    await integrators[0]?.integrate();

    const found = await log.details();
    for (const [writer, numbers] of committed.entries()) {
      const own = found.filter((details) => details.writer === writer).map(({ n }) => n);
      // Each transaction of a writer began after the one before it had committed.
      expect(own, `seed ${random.seed}`).toEqual(numbers);
    }
    expect(await log.verify(), `seed ${random.seed}`).toMatchObject({
      ok: true,
      size: committed.flat().length,
    });
  });

  /** One writer's transactions, some slow, some rolled back. */
  async function write(writer: number, transactions: number, seed: number): Promise<number[]> {
    const random = seededRandom(seed);
    const committed: number[] = [];
    for (let n = 0; n < transactions; n++) {
      const numbers = range(1 + random.below(3), n * 10);
      const lost = random.chance(0.2);
      const work = log.unitOfWork.run(async (tx) => {
        for (const number of numbers) await log.audit.append(tx, entry(number, writer));
        if (random.chance(0.2)) await sleep(random.below(20));
        if (lost) throw new Error('rolled back');
      });
      await work.catch((error: Error) => expect(error.message).toBe('rolled back'));
      if (!lost) committed.push(...numbers);
    }
    return committed;
  }

  it('never wait for the integrator', async () => {
    const held = await log.hold(async (tx) => {
      await tx.query('SELECT FROM audit_head FOR UPDATE');
    });
    await log.append(1);
    await held.end('rollback');
    expect(await log.integrator().integrate()).toBe(1);
  });
});

describe('an integrator that is killed', () => {
  it('leaves the state before or the state after, whichever step it was at', async () => {
    const steps = 7;
    const expected: number[] = [];
    for (let step = 0; step < steps; step++) {
      expected.push(step);
      await log.append(step);
      await expect(log.integrator({ unitOfWork: killedBefore(step) }).integrate()).rejects.toThrow();
      expect(await log.numbers(), `killed before statement ${step}`).toEqual(expected.slice(0, -1));
      expect(await log.integrator().integrate()).toBe(1);
      expect(await log.numbers()).toEqual(expected);
    }
    expect(await log.verify()).toMatchObject({ ok: true, size: steps });
  });

  it('does not sign twice what was committed without its knowing', async () => {
    await log.append(1);
    const integrator = log.integrator({ unitOfWork: answerLost() });
    await expect(integrator.integrate()).rejects.toThrow('answer lost');
    await log.append(2);
    expect(await integrator.integrate()).toBe(1);
    expect(await log.numbers()).toEqual([1, 2]);
    expect(await log.verify()).toMatchObject({ ok: true, size: 2 });
  });

  /** Ends the connection's server process before the n-th statement of a batch; the last is the commit. */
  function killedBefore(step: number): UnitOfWork {
    const die = (tx: Tx) => tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
    return around(async (tx, work) => {
      let statements = 0;
      const result = await work({
        query: async (statement, values) => {
          if (statements++ === step) await die(tx);
          return tx.query(statement, values);
        },
        send: () => expect.unreachable('the integrator waits for each of its statements'),
      });
      expect(statements).toBe(6);
      if (step === 6) await die(tx);
      return result;
    });
  }

  /** The transaction commits, but the process never hears of it. */
  function answerLost(): UnitOfWork {
    let lost = false;
    return {
      single: log.unitOfWork.single.bind(log.unitOfWork),
      run: async (work) => {
        const result = await log.unitOfWork.run(work);
        if (!lost) {
          lost = true;
          throw new Error('answer lost');
        }
        return result;
      },
    } satisfies Pick<UnitOfWork, 'run' | 'single'> as UnitOfWork;
  }

  function around(wrap: <T>(tx: Tx, work: (tx: Tx) => Promise<T>) => Promise<T>): UnitOfWork {
    return {
      single: log.unitOfWork.single.bind(log.unitOfWork),
      run: (work) => log.unitOfWork.run((tx) => wrap(tx, work)),
    } satisfies Pick<UnitOfWork, 'run' | 'single'> as UnitOfWork;
  }
});

describe('a started integrator', () => {
  it('integrates by itself, reports failures, goes on, and stops', async () => {
    const errors: unknown[] = [];
    const integrator = new Integrator({
      unitOfWork: log.unitOfWork,
      signer: log.signer,
      onError: (error) => errors.push(error),
      pollMs: 5,
    });
    integrator.start();
    integrator.start();
    await log.append(1);
    await until(async () => (await log.numbers()).length === 1);
    await log.superuser('ALTER TABLE audit_head RENAME TO audit_head_gone');
    await log.append(2);
    await until(() => errors.length > 0);
    await log.superuser('ALTER TABLE audit_head_gone RENAME TO audit_head');
    await until(async () => (await log.numbers()).length === 2);
    await integrator.stop();
    await log.append(3);
    await sleep(30);
    expect(sorted(await log.numbers())).toEqual([1, 2]);
  });

  it('uses the room of what it has moved again', async () => {
    const room = async () => {
      const rows = await log.unitOfWork.single((tx) =>
        tx.query<{ bytes: string }>("SELECT pg_relation_size('audit_staging') AS bytes"),
      );
      return Number(rows[0]?.bytes);
    };
    const integrator = log.integrator({ pollMs: 5 });
    integrator.start();
    const moved = async (size: number) => (await log.reader.findCheckpoint())?.size === size;
    await log.fill(0, 10_000);
    const full = await room();
    expect(full).toBeGreaterThan(0);
    await until(() => moved(10_000));
    await until(async () => {
      const [row] = await log.unitOfWork.single((tx) =>
        tx.query<{ times: string }>("SELECT pg_stat_get_vacuum_count('audit_staging'::regclass) AS times"),
      );
      return Number(row?.times) > 0;
    });
    await log.fill(10_000, 20_000);
    await until(() => moved(20_000));
    expect(await room()).toBeLessThanOrEqual(full * 1.1);
    await integrator.stop();
  });

  async function until(done: () => boolean | Promise<boolean>): Promise<void> {
    for (const started = Date.now(); !(await done()); await sleep(5)) {
      if (Date.now() - started > 10_000) throw new Error('it never happened');
    }
  }
});
