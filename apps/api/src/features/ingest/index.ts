export { IngestModule } from './ingest.module.js';
export { ingestPolicy } from './ingest.policy.js';
export { IngestStore } from './ingest.store.js';
