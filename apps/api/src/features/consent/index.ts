export { ConsentModule } from './consent.module.js';
export { consentPolicy } from './consent.policy.js';
export { ConsentStore } from './consent.store.js';
export { FREEZE_TOPIC, type Freeze } from './consent-ending.js';
export { ConsentExpiry } from './consent-expiry.js';
export { ConsentLetters, LETTER_TOPIC } from './consent-letters.js';
export { GateReconciler } from './gate-reconciler.js';
