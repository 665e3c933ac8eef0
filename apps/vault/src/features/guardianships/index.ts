export { ActiveGuardianships } from './active-guardianships.js';
export { BORN, ConsentAge, OF_AGE } from './consent-age.js';
export { ConsentEndings } from './consent-endings.js';
export { guardianshipNotFound, signInNotFresh } from './guardianships.errors.js';
export { InternalGuardianshipsController } from './guardianships.internal.controller.js';
export { GuardianshipsModule } from './guardianships.module.js';
export { evidencePlace, GuardianshipsService, guardianshipName } from './guardianships.service.js';
export { type GuardianshipRow, GuardianshipsStore, type ShownGuardianship } from './guardianships.store.js';
export { type Acting, WhoAgrees } from './who-agrees.js';
