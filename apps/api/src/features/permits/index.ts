export { keyedDigest } from './keyed-digest.js';
export { ModulePermits, permitsOf } from './module-permits.js';
export { gateName, PermitKeys } from './permit-keys.js';
export { PermitsModule } from './permits.module.js';
export { type Leave, type Looked, subjectOf } from './permits.service.js';
export { type Foretold, type Gate, type OpenGate, PermitsStore } from './permits.store.js';
export type { PurposeData } from './purpose-data.js';
export { ScatteredRows } from './scattered-rows.js';
