export { HoldsModule } from './holds.module.js';
export { holdsPolicy } from './holds.policy.js';
export { type HoldRow, HoldsStore } from './holds.store.js';
