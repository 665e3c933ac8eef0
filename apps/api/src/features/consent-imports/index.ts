export { ConsentImportsModule } from './consent-imports.module.js';
export { ConsentImports } from './consent-imports.service.js';
export { ImportedGatesStore } from './imported-gates.store.js';
