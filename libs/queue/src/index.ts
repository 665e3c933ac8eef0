export type { QueuesOptions } from './bullmq-queues.js';
export { createQueues } from './create-queues.js';
export { GiveUp } from './failure.js';
export { defineJob, type JobDefinition, type JobSettings } from './job.js';
export type { DeadLetter, EnqueueOptions, JobCounts, Queues } from './queues.js';
export type { Handler, JobContext, JobFailure, QueueWorker, WorkerOptions } from './worker.js';
