export { LetterSender } from './letter-sender.js';
export { InternalLettersController } from './letters.internal.controller.js';
export { LETTER_SENDER, LettersModule } from './letters.module.js';
export { LettersService } from './letters.service.js';
export { LettersStore } from './letters.store.js';
