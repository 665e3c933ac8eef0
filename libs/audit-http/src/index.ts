export { AUDIT_CONTROLLERS } from './audit-controllers.js';
export { AuditDuties } from './audit-duties.js';
export { AUDIT_EXPORTS, type AuditSettings, auditProviders } from './audit-providers.js';
export { auditWiring } from './audit-wiring.js';
export { checkLogSettings, type LogSettings, logSettings } from './log-settings.js';
