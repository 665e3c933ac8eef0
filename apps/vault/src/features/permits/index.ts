export { InternalPermitsController } from './permits.internal.controller.js';
export { PermitsModule } from './permits.module.js';
export { PermitsService } from './permits.service.js';
