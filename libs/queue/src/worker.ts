import type { Job, Processor, Worker } from 'bullmq';
import { permanently, storable } from './failure.js';
import type { JobDefinition } from './job.js';

export interface JobContext {
  readonly id: string;
  /** 1 at the first try. A try that a lost worker began isn't counted. */
  readonly attempt: number;
  /** Aborts when the worker closes and its grace is over. A handler that ignores it is cut off. */
  readonly signal: AbortSignal;
}

/** Does one job. Must be idempotent. Rejecting means: again later, {@link GiveUp}: never again. */
export type Handler<Payload> = (payload: Payload, context: JobContext) => Promise<void>;

export interface JobFailure {
  readonly job: string;
  readonly id: string;
  readonly attempt: number;
  /** the error itself, for a log that drops values; the queue keeps its code only */
  readonly error: unknown;
}

export interface WorkerOptions {
  /** jobs at a time; 1 when absent */
  readonly concurrency?: number;
  /** how long a job stays with a worker that gives no sign of life; 30,000 ms when absent */
  readonly lockMs?: number;
  /** how often lost workers are looked for; a job is back after one to two of these; 15,000 ms when absent */
  readonly lostCheckMs?: number;
  /** how long `close` waits for jobs at hand before it aborts them; 10,000 ms when absent */
  readonly graceMs?: number;
}

/** After the abort signal: time for a handler to notice it and put its transaction back. */
const ABORT_MS = 1_000;

type MakeWorker = (processor: Processor, options: Required<WorkerOptions>) => Worker;

/** One worker of one kind of job in this process. */
export class QueueWorker {
  private readonly options: Required<WorkerOptions>;
  private readonly worker: Worker;
  private readonly atHand = new Set<Promise<void>>();
  private closing: Promise<void> | undefined;

  constructor(
    private readonly definition: JobDefinition,
    private readonly handler: Handler<object>,
    private readonly report: (failure: JobFailure) => void,
    make: MakeWorker,
    options: WorkerOptions,
  ) {
    this.options = { concurrency: 1, lockMs: 30_000, lostCheckMs: 15_000, graceMs: 10_000, ...options };
    // BullMQ hands out an abort signal only to a function that declares all three parameters.
    this.worker = make(
      (job: Job, _token?: string, signal?: AbortSignal) => this.process(job, signal),
      this.options,
    );
    this.worker.on('error', (error) => report({ job: definition.name, id: '', attempt: 0, error }));
  }

  /** Resolves when the worker takes jobs. */
  async ready(): Promise<void> {
    await this.worker.waitUntilReady();
  }

  /**
   * Takes no further job, waits for those at hand, aborts them when their grace is over, and cuts off the rest: another
   * worker gets those once their lock has run out.
   */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    await this.worker.pause(true);
    if (await this.settled(this.options.graceMs)) return this.worker.close();
    this.worker.cancelAllJobs('closing');
    const cutOff = !(await this.settled(ABORT_MS));
    await this.worker.close(cutOff);
  }

  /** @returns false when jobs are still at hand after that time */
  private async settled(withinMs: number): Promise<boolean> {
    const timeUp = new AbortController();
    const timer = setTimeout(() => timeUp.abort(), withinMs);
    const late = new Promise<false>((resolve) => {
      timeUp.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    const done = Promise.all(this.atHand).then(() => true as const);
    try {
      return await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private process(job: Job, signal?: AbortSignal): Promise<void> {
    const running = this.run(job, signal ?? new AbortController().signal);
    const tracked = running.catch(() => undefined).finally(() => this.atHand.delete(tracked));
    this.atHand.add(tracked);
    return running;
  }

  private async run(job: Job, signal: AbortSignal): Promise<void> {
    const context = { id: job.id ?? '', attempt: job.attemptsMade + 1, signal };
    // What this version can't read was written by another one, or by nobody who should: no try will change that.
    const payload = this.definition.schema.safeParse(job.data);
    if (!payload.success) throw permanently('queue.payload_invalid');
    try {
      await this.handler(payload.data, context);
    } catch (error) {
      this.report({ job: this.definition.name, id: context.id, attempt: context.attempt, error });
      throw storable(error);
    }
  }
}
