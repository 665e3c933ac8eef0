export { InternalModelKeysController } from './model-keys.internal.controller.js';
export { ModelKeysModule } from './model-keys.module.js';
export { ModelKeysService } from './model-keys.service.js';
