export { DataPlaneSessions } from './data-plane-sessions.js';
export { deviceOf } from './device.js';
export { SessionEndings } from './session-endings.js';
export { InternalSessionsController } from './sessions.internal.controller.js';
export { SessionsModule } from './sessions.module.js';
export { type Beginning, SessionsService, toCaller } from './sessions.service.js';
export { type SessionRow, SessionsStore } from './sessions.store.js';
