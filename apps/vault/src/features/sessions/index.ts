export { DataPlaneSessions } from './data-plane-sessions.js';
export { deviceOf } from './device.js';
export { secretDigest } from './secret-digest.js';
export { SessionEndings } from './session-endings.js';
export { sessionGone } from './sessions.errors.js';
export { InternalSessionsController } from './sessions.internal.controller.js';
export { SessionsModule } from './sessions.module.js';
export { SESSION_SECONDS, SessionsService } from './sessions.service.js';
export { type SessionRow, SessionsStore } from './sessions.store.js';
