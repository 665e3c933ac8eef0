export { AuditAlertsController } from './audit-alerts.controller.js';
export { AuditController } from './audit.controller.js';
export { AUDIT_EXPORTS, type AuditSettings, auditProviders } from './audit-providers.js';
export { auditFeedSettings, refuseHalfFeeds, siemSettings } from './audit-settings.js';
export { auditWiring } from './audit-wiring.js';
export { AuditedRefusals } from './audited-refusals.js';
