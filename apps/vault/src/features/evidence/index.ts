export { EvidenceModule } from './evidence.module.js';
export { EvidenceStore } from './evidence.store.js';
export { EvidenceKeeper } from './evidence-keeper.js';
export { OpeningsService } from './openings.service.js';
