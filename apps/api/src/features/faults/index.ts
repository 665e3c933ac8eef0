export { FaultsModule } from './faults.module.js';
export { faultsPolicy } from './faults.policy.js';
export { FaultsService } from './faults.service.js';
