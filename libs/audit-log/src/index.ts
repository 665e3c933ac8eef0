export * from './core/index.js';
export {
  type Action,
  type ActionId,
  type AuditEntry,
  AuditEntryInvalid,
  defineAction,
  type EntryDraft,
  MAX_ENTRY_BYTES,
} from './entry.js';
export type { Actor, Facts } from './facts.js';
export { readSigningKey } from './signing-key.js';
export { AuditLog, stagingInsert } from './sql/audit-log.js';
export {
  AuditReader,
  type EntryPage,
  type ExportRange,
  NoCheckpointYet,
  type SignedCheckpoint,
} from './sql/audit-reader.js';
export { auditSchemaSql } from './sql/audit-schema.js';
export { Follower, type FollowerOptions, type FollowerState } from './sql/follower.js';
export { auditFollowerSchemaSql } from './sql/follower-schema.js';
export { AuditLogInconsistent } from './sql/integration.js';
export { Integrator, type IntegratorOptions } from './sql/integrator.js';
