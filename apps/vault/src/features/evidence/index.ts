export { EvidenceModule } from './evidence.module.js';
export { EvidenceStore, type NewEvidence } from './evidence.store.js';
export { EvidenceKeeper } from './evidence-keeper.js';
export { OpeningsService } from './openings.service.js';
