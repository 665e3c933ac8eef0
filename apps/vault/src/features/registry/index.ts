export { ClientDirectory } from './client-directory.js';
export { InternalRegistryController } from './registry.internal.controller.js';
export { RegistryModule } from './registry.module.js';
export { RegistryService } from './registry.service.js';
export { RegistryStore } from './registry.store.js';
