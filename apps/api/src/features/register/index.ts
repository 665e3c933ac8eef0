export type { Notice } from './notice.js';
export { Register } from './register.js';
export { RegisterModule } from './register.module.js';
export { RegisterStore } from './register.store.js';
export type { OfferedPurpose } from './register-document.js';
export { type Party, type RegisterFile, registerFile } from './register-file.js';
