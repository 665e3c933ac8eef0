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
export { AuditReader, type EntryPage, NoCheckpointYet, type SignedCheckpoint } from './sql/audit-reader.js';
export { auditSchemaSql } from './sql/audit-schema.js';
export { Follower, type FollowerOptions, type FollowerState } from './sql/follower.js';
export { auditFollowerSchemaSql } from './sql/follower-schema.js';
export { AuditLogInconsistent } from './sql/integration.js';
export { Integrator, type IntegratorOptions } from './sql/integrator.js';
export { EntryRun, type StoredEntry } from './sql/entry-run.js';
export { type LoggedEntry, parseLoggedEntry } from './logged-entry.js';
export { type LoggedBytes, type OcsfEvent, ocsfEvent } from './siem/ocsf.js';
export { isPushSecret, PushUndelivered } from './siem/http-target.js';
export { siemFollowers, type SiemDependencies, type SiemSettings } from './siem/siem-followers.js';
export { SyslogUndelivered } from './siem/syslog-target.js';
export { alertRuleChanged } from './alerts/alert-entries.js';
export {
  type AlertCursor,
  findAlertRule,
  listAlertRules,
  putAlertRule,
  readAlerts,
  type StoredAlertRule,
  TooManyAlertRules,
} from './alerts/alert-rules.js';
export { type AlertTrial, tryAlertRule } from './alerts/alert-trial.js';
export { type AlertsDependencies, alertsFollower } from './alerts/alerts-follower.js';
export { auditAlertsSchemaSql } from './alerts/alerts-schema.js';
export type { Alert } from './alerts/evaluation.js';
