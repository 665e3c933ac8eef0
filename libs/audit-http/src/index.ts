export { AUDIT_CONTROLLERS } from './audit-controllers.js';
export { AuditFollowers } from './audit-followers.js';
export { AUDIT_EXPORTS, type AuditSettings, auditProviders } from './audit-providers.js';
export { auditWiring } from './audit-wiring.js';
export { AuditedRefusals } from './audited-refusals.js';
export type { EntryFormat } from './entry-formats.js';
export { ProofSource } from './proof-source.js';
