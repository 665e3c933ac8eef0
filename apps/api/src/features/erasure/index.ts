export { ErasureModule } from './erasure.module.js';
export { ErasureService } from './erasure.service.js';
