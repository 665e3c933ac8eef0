export { TokensModule } from './tokens.module.js';
export { TokensStore } from './tokens.store.js';
