export { ownerOf } from './factor-enrolment.service.js';
export { FactorsModule } from './factors.module.js';
export { FactorsStore } from './factors.store.js';
