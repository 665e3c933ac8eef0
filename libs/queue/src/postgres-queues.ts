import { type Tx, textArray } from '@integument/database';
import {
  createPostgresBackend,
  type JobsOptions,
  type Processor,
  Queue,
  runMigrations,
  Worker,
} from 'bullmq';
import pg from 'pg';
import { BullmqQueues, type Entry, type QueuesOptions, workerOptions } from './bullmq-queues.js';
import type { JobDefinition } from './job.js';
import type { JobFailure, WorkerOptions } from './worker.js';

/** Connections of a producer, and of a worker beside the one that listens. */
const POOL = 2;

// BullMQ's own function, so that the job is a row of this transaction. Not a documented interface: its version is pinned
// and the contract tests hold it. No dependency, deduplication or schedule, hence the nulls.
const ADD = {
  name: 'queue.add',
  text: `SELECT bullmq.add_job($1, entry.id, $1, entry.data::jsonb, $4::jsonb, 0, $5, $6, $7,
      NULL, NULL, NULL, NULL, NULL, false)
    FROM unnest($2::text[], $3::text[]) AS entry (id, data)`,
};

const SAME_DATABASE = {
  name: 'queue.same_database',
  text: 'SELECT system_identifier::text AS server, current_database()::text AS name FROM pg_control_system()',
};

interface Place {
  readonly server: string;
  readonly name: string;
}

/** Jobs in the schema `bullmq` of the platform's own database. */
export class PostgresQueues extends BullmqQueues {
  readonly backend = 'postgresql';
  readonly outboxHandlers = {};

  private constructor(
    private readonly url: string,
    private readonly place: Place,
    report: (failure: JobFailure) => void,
  ) {
    super(report);
  }

  /** Creates or upgrades the schema first, one process at a time. */
  static async open({ url, report }: QueuesOptions): Promise<PostgresQueues> {
    const client = new pg.Client({ connectionString: url, application_name: 'integument-queue' });
    await client.connect();
    try {
      await runMigrations(client);
      const { rows } = await client.query<Place>(SAME_DATABASE.text);
      return new PostgresQueues(url, rows[0] as Place, report);
    } finally {
      await client.end();
    }
  }

  async verify(tx: Tx): Promise<void> {
    const [here] = await tx.query<Place>(SAME_DATABASE);
    if (here?.server !== this.place.server || here.name !== this.place.name) {
      throw new Error('the queue lies in another database than the transactions that enqueue');
    }
  }

  protected async insert(tx: Tx, job: JobDefinition, entries: Entry[], options: JobsOptions): Promise<void> {
    const ids = textArray(entries.map(({ id }) => id));
    const data = textArray(entries.map((entry) => JSON.stringify(entry.data)));
    const optionsText = JSON.stringify(options);
    await tx.query(ADD, [job.name, ids, data, optionsText, options.delay ?? 0, Date.now(), job.attempts]);
  }

  protected makeQueue(name: string, options: { streams: { events: { maxLen: number } } }): Queue {
    const queue = new Queue(name, { ...options, connection: this.connection() }, createPostgresBackend);
    // The backend is a type parameter of the class and nothing else here depends on it.
    return queue as unknown as Queue;
  }

  protected makeWorker(name: string, processor: Processor, options: Required<WorkerOptions>): Worker {
    const settings = { ...workerOptions(options), connection: this.connection() };
    return new Worker(name, processor, settings, createPostgresBackend) as unknown as Worker;
  }

  private connection() {
    return { connectionString: this.url, max: POOL, migrate: false };
  }
}
