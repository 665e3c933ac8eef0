export { ActiveGuardianships } from './active-guardianships.js';
export { ConsentAge } from './consent-age.js';
export { ConsentEndings } from './consent-endings.js';
export { guardianshipNotFound, signInNotFresh } from './guardianships.errors.js';
export { InternalGuardianshipsController } from './guardianships.internal.controller.js';
export { GuardianshipsModule } from './guardianships.module.js';
export { GuardianshipsService } from './guardianships.service.js';
export { type GuardianshipRow, GuardianshipsStore } from './guardianships.store.js';
export { type Acting, WhoAgrees } from './who-agrees.js';
