export { DATA_OWNERS } from './data-owners.js';
export { ErasureModule } from './erasure.module.js';
export { ErasureService } from './erasure.service.js';
