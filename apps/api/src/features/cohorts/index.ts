export { CohortsModule } from './cohorts.module.js';
export { CohortsStore } from './cohorts.store.js';
