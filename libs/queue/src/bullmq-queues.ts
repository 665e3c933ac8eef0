import type { OutboxHandler, Tx } from '@integument/database';
import type { JobsOptions, Processor, Queue, Worker } from 'bullmq';
import { codeOf } from './failure.js';
import type { JobDefinition } from './job.js';
import type { DeadLetter, EnqueueOptions, JobCounts, Queues } from './queues.js';
import { type Handler, type JobFailure, QueueWorker, type WorkerOptions } from './worker.js';

/** Done jobs stay a while, so that one that is delivered twice under the same id is recognised. */
const KEEP_DONE = { age: 3_600, count: 1_000 };
/** The queue's own event stream, which nobody here reads. */
const EVENTS_KEPT = 1_000;

export interface QueuesOptions {
  /** postgres:// (schema `bullmq` of that database) or redis:// */
  readonly url: string;
  /** Told of every failed attempt and of connection errors; must not throw. */
  readonly report: (failure: JobFailure) => void;
}

export interface Entry {
  readonly id: string;
  readonly data: object;
}

/** What is the same on both backends: everything but the connection and the way into a transaction. */
export abstract class BullmqQueues implements Queues {
  abstract readonly backend: 'postgresql' | 'redis';
  abstract readonly outboxHandlers: Readonly<Record<string, OutboxHandler>>;
  abstract verify(tx: Tx): Promise<void>;
  protected abstract insert(
    tx: Tx,
    job: JobDefinition,
    entries: Entry[],
    options: JobsOptions,
  ): Promise<void>;
  protected abstract makeQueue(name: string, options: { streams: { events: { maxLen: number } } }): Queue;
  protected abstract makeWorker(name: string, processor: Processor, options: Required<WorkerOptions>): Worker;

  private readonly queues = new Map<string, Queue>();
  private readonly workers = new Set<QueueWorker>();

  constructor(protected readonly report: (failure: JobFailure) => void) {}

  async enqueue<Payload extends object>(
    tx: Tx,
    job: JobDefinition<Payload>,
    payload: Payload,
    options: EnqueueOptions = {},
  ): Promise<string> {
    const [id] = await this.enqueueAll(tx, job, [payload], options);
    return id as string;
  }

  async enqueueAll<Payload extends object>(
    tx: Tx,
    job: JobDefinition<Payload>,
    payloads: readonly Payload[],
    options: EnqueueOptions = {},
  ): Promise<string[]> {
    // An id of our own: BullMQ's come from a counter whose first use takes a lock until commit.
    const entries = payloads.map((payload) => ({ id: crypto.randomUUID(), data: job.schema.parse(payload) }));
    if (entries.length > 0)
      await this.insert(tx, job, entries, { ...jobOptions(job), delay: options.delayMs ?? 0 });
    return entries.map(({ id }) => id);
  }

  work<Payload extends object>(
    job: JobDefinition<Payload>,
    handler: Handler<Payload>,
    options: WorkerOptions = {},
  ): QueueWorker {
    const worker = new QueueWorker(
      job,
      // The schema has parsed what the handler gets, so that it is a Payload.
      handler as Handler<object>,
      this.report,
      (processor, settings) => this.makeWorker(job.name, processor, settings),
      options,
    );
    this.workers.add(worker);
    return worker;
  }

  async schedule<Payload extends object>(
    job: JobDefinition<Payload>,
    payload: Payload,
    every: { readonly seconds: number },
  ): Promise<void> {
    const data = job.schema.parse(payload);
    const template = { name: job.name, data, opts: jobOptions(job) };
    await this.queue(job).upsertJobScheduler(job.name, { every: every.seconds * 1_000 }, template);
  }

  async unschedule(job: JobDefinition): Promise<void> {
    await this.queue(job).removeJobScheduler(job.name);
  }

  async deadLetters<Payload extends object>(
    job: JobDefinition<Payload>,
    limit = 100,
  ): Promise<DeadLetter<Payload>[]> {
    const failed = await this.queue(job).getFailed(0, limit - 1);
    return failed.map((each) => ({
      id: each.id ?? '',
      payload: job.schema.safeParse(each.data).data ?? null,
      code: codeOf(each.failedReason),
      attempts: each.attemptsMade,
    }));
  }

  async retry(job: JobDefinition, id: string): Promise<boolean> {
    const letter = await this.findDead(job, id);
    await letter?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return letter !== undefined;
  }

  async discard(job: JobDefinition, id: string): Promise<boolean> {
    const letter = await this.findDead(job, id);
    await letter?.remove();
    return letter !== undefined;
  }

  async counts(job: JobDefinition): Promise<JobCounts> {
    const counts = await this.queue(job).getJobCounts('wait', 'delayed', 'active', 'failed');
    const of = (state: string) => counts[state] ?? 0;
    return { waiting: of('wait'), delayed: of('delayed'), active: of('active'), dead: of('failed') };
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.close()));
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  /** Made at first use: a process that only works jobs of a kind needs no producer's connection. */
  protected queue(job: { readonly name: string }): Queue {
    const known = this.queues.get(job.name);
    if (known) return known;
    const queue = this.makeQueue(job.name, { streams: { events: { maxLen: EVENTS_KEPT } } });
    queue.on('error', (error) => this.report({ job: job.name, id: '', attempt: 0, error }));
    this.queues.set(job.name, queue);
    return queue;
  }

  private async findDead(job: JobDefinition, id: string) {
    const found = await this.queue(job).getJob(id);
    return found && (await found.isFailed()) ? found : undefined;
  }
}

function jobOptions(job: JobDefinition): JobsOptions {
  return {
    attempts: job.attempts,
    backoff: { type: 'exponential', delay: job.backoffMs, jitter: 0.5 },
    removeOnComplete: KEEP_DONE,
    removeOnFail: false,
    stackTraceLimit: 0,
  };
}

/** What both backends tell BullMQ of a worker. */
export function workerOptions({ concurrency, lockMs, lostCheckMs }: Required<WorkerOptions>) {
  return {
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lostCheckMs,
    // A replica that is restarted again and again must not condemn the job it held; one that a job kills each time
    // must not be killed for ever.
    maxStalledCount: 10,
  };
}
