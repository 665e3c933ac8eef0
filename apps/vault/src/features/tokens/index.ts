export { sweepEnded } from './sweep-ended.js';
export { TokenSealer } from './token-sealer.js';
export { TokensModule } from './tokens.module.js';
export { TokensStore } from './tokens.store.js';
