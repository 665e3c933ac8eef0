export { isAway } from './away.js';
export { byteaArray, int2Array, int4Array, textArray } from './binary-array.js';
export { Coalescer, type CoalescerOptions } from './coalescer.js';
export { type DatabaseOptions, migrate, openDatabase, openReaders } from './data-source.js';
export { Idempotency, type IdempotentRequest, idempotencySchemaSql, type Once } from './idempotency.js';
export { migration } from './migration.js';
export { NotReady, whenReady } from './not-ready.js';
export { Outbox, outboxSchemaSql } from './outbox.js';
export {
  type OutboxHandler,
  type OutboxMessage,
  OutboxWorker,
  type OutboxWorkerOptions,
} from './outbox-worker.js';
export { type Mark, SpentMarks } from './spent-marks.js';
export { type Statement, type Tx, UnitOfWork } from './unit-of-work.js';
export { violates } from './violation.js';
