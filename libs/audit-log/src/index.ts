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
export { STRANGERS_ACTION } from './alerts/matching.js';
export {
  type Anchor,
  AnchorConflict,
  type AnchoredCheckpoint,
  AnchorRefused,
  type ConflictCode,
  type ProofSource,
} from './anchors/anchor.js';
export { AnchorFollower, type AnchorFollowerOptions } from './anchors/anchor-follower.js';
export { Checkpoints, type CosignedCheckpoint } from './anchors/checkpoints.js';
export type { Log } from './anchors/continued.js';
export { FileAnchor } from './anchors/file-anchor.js';
export { isAnchorUrl } from './anchors/http-post.js';
export { WebhookAnchor, type WebhookAnchorOptions } from './anchors/webhook-anchor.js';
export { WitnessAnchor, type WitnessAnchorOptions } from './anchors/witness-anchor.js';
export {
  ArchiveElsewhere,
  type ArchiveOptions,
  type ArchiveReport,
  archiveEntries,
} from './archive/archive.js';
export { ArchiveDamaged } from './archive/tile-folder.js';
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
export type { Actor, Facts, From } from './facts.js';
export { type LoggedEntry, parseLoggedEntry } from './logged-entry.js';
export * from './reports/index.js';
export { PushUndelivered } from './siem/http-target.js';
export { type LoggedBytes, type OcsfEvent, ocsfEvent } from './siem/ocsf.js';
export { type SiemDependencies, type SiemSettings, siemFollowers } from './siem/siem-followers.js';
export { SyslogUndelivered } from './siem/syslog-target.js';
export { readSigningKey } from './signing-key.js';
export { auditAnchorSchemaSql } from './sql/anchor-schema.js';
export { auditArchiveSchemaSql } from './sql/archive-schema.js';
export { AuditLog, stagingInsert } from './sql/audit-log.js';
export { AuditPulse, type AuditPulseOptions } from './sql/audit-pulse.js';
export {
  AuditReader,
  type EntryPage,
  type ExportRange,
  NoCheckpointYet,
  type SignedCheckpoint,
} from './sql/audit-reader.js';
export { auditSchemaSql } from './sql/audit-schema.js';
export { AuditLogInconsistent } from './sql/continuity.js';
export { EntryIndex, INDEX_FOLLOWER } from './sql/entry-index.js';
export { auditIndexSchemaSql } from './sql/entry-index-schema.js';
export {
  type EntryFilter,
  EntryQuery,
  type FoundEntries,
  IndexBehind,
  type StoredEntry,
} from './sql/entry-query.js';
export { CursorInvalid, parseCursor } from './sql/entry-query-cursor.js';
export { EntryRun, type RunEntry } from './sql/entry-run.js';
export { Follower, type FollowerOptions, type FollowerState } from './sql/follower.js';
export { auditFollowerSchemaSql } from './sql/follower-schema.js';
export { FollowerKept, type ForgetOptions, forgetFollower } from './sql/forget-follower.js';
export { Integrator, type IntegratorOptions } from './sql/integrator.js';
export { TreeIncomplete } from './sql/tree-hashes.js';
export { EntriesArchived, NotInTree, TreeReader } from './sql/tree-reader.js';
export { auditTreeSchemaSql } from './sql/tree-schema.js';
