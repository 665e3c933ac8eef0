import type { OutboxHandler, Tx } from '@integument/database';
import type { JobDefinition } from './job.js';
import type { Handler, QueueWorker, WorkerOptions } from './worker.js';

export interface EnqueueOptions {
  /** earliest start, in ms from now; 0 when absent */
  readonly delayMs?: number;
}

export interface DeadLetter<Payload> {
  readonly id: string;
  /** null when it doesn't match the declaration (any more) */
  readonly payload: Payload | null;
  /** why the last attempt failed */
  readonly code: string;
  readonly attempts: number;
}

export interface JobCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly dead: number;
}

/**
 * Jobs that leave with their transaction, on PostgreSQL or Redis.
 *
 * Delivery is at least once: a worker that dies in the middle of a job, or right after it, has it done again by another
 * one. So handlers are idempotent. Order isn't promised.
 */
export interface Queues {
  readonly backend: 'postgresql' | 'redis';

  /**
   * Enqueues in the caller's transaction: the job exists exactly if the effect does. On PostgreSQL it is a row of the
   * same commit; on Redis it goes through the outbox and so reaches the queue shortly after the commit, once
   * {@link outboxHandlers} run in an outbox worker.
   * @returns the job's id, random
   * @throws ZodError when the payload isn't as declared
   */
  enqueue<Payload extends object>(
    tx: Tx,
    job: JobDefinition<Payload>,
    payload: Payload,
    options?: EnqueueOptions,
  ): Promise<string>;

  /** The same for many jobs of one kind, in one statement. */
  enqueueAll<Payload extends object>(
    tx: Tx,
    job: JobDefinition<Payload>,
    payloads: readonly Payload[],
    options?: EnqueueOptions,
  ): Promise<string[]>;

  /** Starts a worker in this process. */
  work<Payload extends object>(
    job: JobDefinition<Payload>,
    handler: Handler<Payload>,
    options?: WorkerOptions,
  ): QueueWorker;

  /**
   * Has a job run every so many seconds, once however many replicas say so and however often. A new interval replaces
   * the old one.
   */
  schedule<Payload extends object>(
    job: JobDefinition<Payload>,
    payload: Payload,
    every: { readonly seconds: number },
  ): Promise<void>;
  unschedule(job: JobDefinition): Promise<void>;

  /** Jobs that failed for good, the youngest first. They stay until retried or discarded. */
  deadLetters<Payload extends object>(
    job: JobDefinition<Payload>,
    limit?: number,
  ): Promise<DeadLetter<Payload>[]>;
  /** Gives a dead letter all its attempts again. @returns false when there is no such dead letter */
  retry(job: JobDefinition, id: string): Promise<boolean>;
  /** @returns false when there is no such dead letter */
  discard(job: JobDefinition, id: string): Promise<boolean>;
  counts(job: JobDefinition): Promise<JobCounts>;

  /** For the outbox worker of every app that enqueues; empty on PostgreSQL. */
  readonly outboxHandlers: Readonly<Record<string, OutboxHandler>>;

  /**
   * To be asked once at start: do jobs enqueued in this transaction reach this queue's workers?
   * @throws Error when they would wait for ever, in another database or an outbox that isn't there
   */
  verify(tx: Tx): Promise<void>;

  /** Closes every worker gracefully, then the connections. */
  close(): Promise<void>;
}
