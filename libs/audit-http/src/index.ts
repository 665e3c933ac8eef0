export { type AnchorDeps, anchorCheck, anchorFollowers } from './anchor-followers.js';
export { type AnchorSettings, anchorSettings, checkAnchors, type WitnessSetting } from './anchor-settings.js';
export { AuditController } from './audit.controller.js';
export { AuditDuties } from './audit-duties.js';
export { AUDIT_EXPORTS, type AuditSettings, auditProviders } from './audit-providers.js';
export { auditWiring } from './audit-wiring.js';
export { AuditedRefusals } from './audited-refusals.js';
export { logSettings } from './log-settings.js';
export { StrangerCounts } from './stranger-counts.js';
