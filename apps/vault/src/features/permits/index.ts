export { type MintedPermit, PermitBatches, type WantedPermit } from './permit-batches.js';
export { PermitOpenings } from './permit-openings.js';
export { InternalPermitsController } from './permits.internal.controller.js';
export { PermitsModule } from './permits.module.js';
export { PermitsService } from './permits.service.js';
