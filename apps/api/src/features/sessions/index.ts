export { SessionBeginnings } from './session-beginnings.js';
export { SessionEndings } from './session-endings.js';
export { SessionsModule } from './sessions.module.js';
export { SessionsService } from './sessions.service.js';
export { SessionsStore } from './sessions.store.js';
