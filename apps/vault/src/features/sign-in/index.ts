export { InternalSignInController } from './sign-in.internal.controller.js';
export { SignInModule } from './sign-in.module.js';
export { SignInService } from './sign-in.service.js';
export { SignInStore } from './sign-in.store.js';
export { SpentMarksStore } from './spent-marks.store.js';
