export { FactorsModule } from './factors.module.js';
export { FactorsStore } from './factors.store.js';
