import type { QueuesOptions } from './bullmq-queues.js';
import { PostgresQueues } from './postgres-queues.js';
import type { Queues } from './queues.js';
import { RedisQueues } from './redis-queues.js';

/**
 * Opens the queues where the URL says: `postgres://` for the schema `bullmq` of the platform's own database, created
 * when it is missing, or `redis://` and `rediss://` for more throughput.
 * @throws TypeError for another scheme
 */
export async function createQueues(options: QueuesOptions): Promise<Queues> {
  switch (new URL(options.url).protocol) {
    case 'postgres:':
    case 'postgresql:':
      return PostgresQueues.open(options);
    case 'redis:':
    case 'rediss:':
      return new RedisQueues(options);
    default:
      throw new TypeError('the queue URL must start with postgres:// or redis://');
  }
}
