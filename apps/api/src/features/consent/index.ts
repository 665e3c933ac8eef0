export { ConsentModule } from './consent.module.js';
export { consentPolicy } from './consent.policy.js';
export { FREEZE_TOPIC } from './consent.service.js';
export { GateReconciler } from './gate-reconciler.js';
