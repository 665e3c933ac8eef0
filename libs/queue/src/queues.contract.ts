import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Tx, UnitOfWork } from '@integument/database';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { GiveUp } from './failure.js';
import { defineJob, type JobDefinition } from './job.js';
import type { Queues } from './queues.js';
import type { JobFailure, QueueWorker, WorkerOptions } from './worker.js';

export interface QueuesUnderTest {
  readonly dataSource: DataSource;
  /** another replica's view of the same queues */
  open(report: (failure: JobFailure) => void): Promise<Queues>;
  /** carries what was committed over to the queue */
  deliver(queues: Queues): Promise<void>;
  /** statements for a process of its own that takes a job of a queue by BullMQ and never ends it */
  hold(queue: string): string;
  close(): Promise<void>;
}

class Rollback extends Error {}

const QUICK: WorkerOptions = { lockMs: 600, lostCheckMs: 300, graceMs: 2_000 };
let kinds = 0;

/** A kind of its own for each test, so that none sees another's jobs. */
function kind(settings: { attempts?: number } = {}) {
  const name = `test.${String.fromCharCode(97 + kinds++)}`;
  return defineJob(name, { batch: z.uuid() }, { attempts: 3, backoffMs: 10, ...settings });
}

const payload = () => ({ batch: crypto.randomUUID() });

/** What every backend of the queue promises. */
export function describeQueues(name: string, prepare: () => Promise<QueuesUnderTest>): void {
  describe(`jobs on ${name}`, () => {
    let setup: QueuesUnderTest;
    let queues: Queues;
    let unitOfWork: UnitOfWork;
    const failures: JobFailure[] = [];
    const opened: Queues[] = [];

    async function replica(): Promise<Queues> {
      const one = await setup.open((failure) => failures.push(failure));
      opened.push(one);
      return one;
    }

    beforeAll(async () => {
      setup = await prepare();
      unitOfWork = new UnitOfWork(setup.dataSource);
      queues = await replica();
    });
    afterEach(() => {
      failures.length = 0;
    });
    afterAll(async () => {
      await Promise.all(opened.map((one) => one.close()));
      await setup.close();
    });

    async function enqueue<P extends object>(job: JobDefinition<P>, ...payloads: P[]): Promise<string[]> {
      const ids = await unitOfWork.run((tx) => queues.enqueueAll(tx, job, payloads));
      await setup.deliver(queues);
      return ids;
    }

    /** Works until so many jobs are through. */
    async function collect<P extends object>(job: JobDefinition<P>, count: number): Promise<P[]> {
      const done: P[] = [];
      const worker = queues.work(job, (data) => Promise.resolve(void done.push(data)), QUICK);
      await vi.waitFor(() => expect(done.length).toBeGreaterThanOrEqual(count), 10_000);
      await worker.close();
      return done;
    }

    it('are worked once the transaction has committed', async () => {
      const job = kind();
      const sent = [payload(), payload(), payload()];
      const ids = await enqueue(job, ...sent);
      expect(new Set(ids).size).toBe(3);
      const done = await collect(job, 3);
      expect(done.map(({ batch }) => batch).sort()).toEqual(sent.map(({ batch }) => batch).sort());
    });

    it('do not exist when it is rolled back', async () => {
      const job = kind();
      const rolledBack = unitOfWork.run(async (tx) => {
        await queues.enqueue(tx, job, payload());
        throw new Rollback();
      });
      await expect(rolledBack).rejects.toThrow(Rollback);
      await setup.deliver(queues);
      expect(await queues.counts(job)).toEqual({ waiting: 0, delayed: 0, active: 0, dead: 0 });
    });

    it('are not seen before it commits', async () => {
      const job = kind();
      const seen = vi.fn(() => Promise.resolve());
      const worker = queues.work(job, seen, QUICK);
      await worker.ready();
      const held = await unitOfWork.run(async (tx: Tx) => {
        await queues.enqueue(tx, job, payload());
        await setup.deliver(queues);
        // The later job overtakes: had the first been visible, a worker would have taken it by then.
        const later = kind();
        await enqueue(later, payload());
        await collect(later, 1);
        return seen.mock.calls.length;
      });
      expect(held).toBe(0);
      await setup.deliver(queues);
      await vi.waitFor(() => expect(seen).toHaveBeenCalledTimes(1), 10_000);
      await worker.close();
    });

    it('wait for their delay', async () => {
      const job = kind();
      await unitOfWork.run((tx) => queues.enqueue(tx, job, payload(), { delayMs: 3_600_000 }));
      await setup.deliver(queues);
      expect(await queues.counts(job)).toMatchObject({ waiting: 0, delayed: 1 });
    });

    it('are refused with a payload that is not as declared, and the transaction with them', async () => {
      const job = kind();
      const wrong = { batch: 'ada@example.org' };
      await expect(unitOfWork.run((tx) => queues.enqueue(tx, job, wrong))).rejects.toThrow(z.ZodError);
    });

    it('of an unknown form become dead letters without a try', async () => {
      const job = kind();
      const [, id] = await enqueue(job, payload(), payload());
      const stricter = { ...job, schema: z.strictObject({ other: z.uuid() }) };
      const handler = vi.fn(() => Promise.resolve());
      const worker = queues.work(stricter, handler, QUICK);
      await vi.waitFor(async () => expect((await queues.counts(job)).dead).toBe(2), 10_000);
      await worker.close();
      expect(handler).not.toHaveBeenCalled();
      const letters = await queues.deadLetters(stricter);
      expect(letters.find((letter) => letter.id === id)).toMatchObject({
        code: 'queue.payload_invalid',
        payload: null,
      });
    });

    it('that fail are tried again, then kept as dead letters with a code and nothing else of the error', async () => {
      const job = kind();
      const sent = payload();
      const [id] = await enqueue(job, sent);
      const attempts: number[] = [];
      const worker = queues.work(job, (_data, { attempt }) => fail(attempt, attempts), QUICK);
      await vi.waitFor(async () => expect((await queues.counts(job)).dead).toBe(1), 10_000);
      await worker.close();
      expect(attempts).toEqual([1, 2, 3]);
      expect(await queues.deadLetters(job)).toEqual([
        { id, payload: sent, code: 'queue.failed', attempts: 3 },
      ]);
      expect(failures.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      expect(String(failures[0]?.error)).toContain('canary');
      const everywhere = JSON.stringify(await rawJob(queues, job, String(id)));
      expect(everywhere).toContain(sent.batch);
      expect(everywhere).not.toContain('canary');
    });

    it('whose handler gives up are dead letters at once, and can be retried or discarded', async () => {
      const job = kind({ attempts: 5 });
      const [first, second] = await enqueue(job, payload(), payload());
      const worker = queues.work(job, () => Promise.reject(new GiveUp('test.impossible')), QUICK);
      await vi.waitFor(async () => expect((await queues.counts(job)).dead).toBe(2), 10_000);
      await worker.close();
      expect((await queues.deadLetters(job)).map(({ code, attempts }) => [code, attempts])).toEqual([
        ['test.impossible', 1],
        ['test.impossible', 1],
      ]);
      expect(await queues.discard(job, String(first))).toBe(true);
      expect(await queues.discard(job, String(first))).toBe(false);
      expect(await queues.retry(job, String(second))).toBe(true);
      expect(await collect(job, 1)).toHaveLength(1);
      expect(await queues.retry(job, String(second))).toBe(false);
    });

    it('that a killed worker held are done by another one', async () => {
      const job = kind();
      const sent = payload();
      await enqueue(job, sent);
      const victim = spawn(process.execPath, ['--input-type=module', '-e', setup.hold(job.name)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await claimed(victim);
      expect(await queues.counts(job)).toMatchObject({ active: 1, waiting: 0 });
      victim.kill('SIGKILL');
      await once(victim, 'exit');
      expect(await collect(job, 1)).toEqual([sent]);
    });

    it('at hand are finished before a worker closes', async () => {
      const job = kind();
      await enqueue(job, payload());
      let finish = (): void => undefined;
      const blocked = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const started = vi.fn(() => blocked);
      const worker = queues.work(job, started, QUICK);
      await vi.waitFor(() => expect(started).toHaveBeenCalled(), 10_000);
      const closing = worker.close();
      finish();
      await closing;
      expect(await queues.counts(job)).toEqual({ waiting: 0, delayed: 0, active: 0, dead: 0 });
    });

    it('that outlast the grace of a closing worker are aborted and done again', async () => {
      const job = kind();
      await enqueue(job, payload());
      const aborted = vi.fn();
      const worker: QueueWorker = queues.work(job, (_data, { signal }) => untilAborted(signal, aborted), {
        ...QUICK,
        graceMs: 50,
      });
      await vi.waitFor(async () => expect((await queues.counts(job)).active).toBe(1), 10_000);
      await worker.close();
      expect(aborted).toHaveBeenCalledTimes(1);
      expect(await collect(job, 1)).toHaveLength(1);
    });

    it('that ignore the abort are cut off and done again', async () => {
      const job = kind();
      await enqueue(job, payload());
      const worker = queues.work(job, () => new Promise(() => undefined), { ...QUICK, graceMs: 10 });
      await vi.waitFor(async () => expect((await queues.counts(job)).active).toBe(1), 10_000);
      await worker.close();
      expect(await collect(job, 1)).toHaveLength(1);
    });

    it('on a schedule run once for all replicas', async () => {
      const job = kind();
      const other = await replica();
      for (const one of [queues, other, queues]) await one.schedule(job, payload(), { seconds: 1 });
      const slots: string[] = [];
      const handler = (_data: object, { id }: { id: string }) => Promise.resolve(void slots.push(id));
      const workers = [queues.work(job, handler, QUICK), other.work(job, handler, QUICK)];
      await vi.waitFor(() => expect(slots.length).toBeGreaterThanOrEqual(3), 10_000);
      await Promise.all(workers.map((worker) => worker.close()));
      expect(new Set(slots).size).toBe(slots.length);
      const { waiting, delayed } = await queues.counts(job);
      expect(waiting + delayed).toBe(1);
      await queues.unschedule(job);
      expect(await queues.counts(job)).toMatchObject({ waiting: 0, delayed: 0 });
    });

    it('are verified to reach their workers', async () => {
      await expect(unitOfWork.run((tx) => queues.verify(tx))).resolves.toBeUndefined();
    });
  });
}

function fail(attempt: number, attempts: number[]): Promise<void> {
  attempts.push(attempt);
  return Promise.reject(new Error('canary: a value of somebody'));
}

function untilAborted(signal: AbortSignal, onAbort: () => void): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      onAbort();
      reject(new Error('aborted'));
    });
  });
}

async function claimed(child: ChildProcess): Promise<void> {
  const [line] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
  expect(line.toString()).toContain('claimed');
}

/** All that BullMQ keeps of a job. */
async function rawJob(queues: Queues, job: JobDefinition, id: string): Promise<unknown> {
  const inside = queues as unknown as {
    queue(job: JobDefinition): { getJob(id: string): Promise<{ toJSON(): object }> };
  };
  return (await inside.queue(job).getJob(id)).toJSON();
}
