import { Outbox, type OutboxHandler, type Tx } from '@integument/database';
import { type JobsOptions, type Processor, Queue, Worker } from 'bullmq';
import { z } from 'zod';
import { BullmqQueues, type Entry, type QueuesOptions, workerOptions } from './bullmq-queues.js';
import type { JobDefinition } from './job.js';
import type { WorkerOptions } from './worker.js';

const TOPIC = 'queue.add';

const message = z.object({
  job: z.string(),
  entries: z.array(z.object({ id: z.uuid(), data: z.record(z.string(), z.unknown()) })),
  options: z.record(z.string(), z.unknown()),
});

/**
 * Jobs in Redis. Redis knows nothing of a PostgreSQL transaction, so a job waits in the outbox for the commit and the
 * outbox worker carries it over, at least once: the job's id is chosen before, and Redis ignores an id it has.
 */
export class RedisQueues extends BullmqQueues {
  readonly backend = 'redis';
  private readonly outbox = new Outbox<typeof TOPIC>();
  private readonly url: string;

  constructor({ url, report }: QueuesOptions) {
    super(report);
    this.url = url;
  }

  readonly outboxHandlers: Readonly<Record<typeof TOPIC, OutboxHandler>> = {
    [TOPIC]: async (payload) => {
      const { job, entries, options } = message.parse(payload);
      await this.queue({ name: job }).addBulk(
        entries.map(({ id, data }) => ({ name: job, data, opts: { ...options, jobId: id } })),
      );
    },
  };

  async verify(tx: Tx): Promise<void> {
    const [found] = await tx.query<{ there: boolean }>(`SELECT to_regclass('outbox') IS NOT NULL AS there`);
    if (!found?.there) throw new Error('the database has no outbox for the queue');
  }

  protected async insert(tx: Tx, job: JobDefinition, entries: Entry[], options: JobsOptions): Promise<void> {
    await this.outbox.add(tx, TOPIC, { job: job.name, entries, options });
  }

  protected makeQueue(name: string, options: { streams: { events: { maxLen: number } } }): Queue {
    return new Queue(name, { ...options, connection: { url: this.url } });
  }

  protected makeWorker(name: string, processor: Processor, options: Required<WorkerOptions>): Worker {
    const connection = { url: this.url, maxRetriesPerRequest: null };
    return new Worker(name, processor, { ...workerOptions(options), connection });
  }
}
