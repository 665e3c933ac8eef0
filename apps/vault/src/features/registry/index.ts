export { clientDirectory } from './client-directory.js';
export { type ClientRow, ClientsStore } from './clients.store.js';
export { InternalRegistryController } from './registry.internal.controller.js';
export { RegistryModule } from './registry.module.js';
export { RegistryService } from './registry.service.js';
export { RegistryStore } from './registry.store.js';
