export { AuditController } from './audit.controller.js';
export { AUDIT_EXPORTS, type AuditSettings, auditProviders } from './audit-providers.js';
export { auditWiring } from './audit-wiring.js';
export { AuditedRefusals } from './audited-refusals.js';
