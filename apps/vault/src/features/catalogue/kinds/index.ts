export type { Kind } from './kind.js';
export { type KindDeclaration, kindDeclaration, kindOf } from './kind-declaration.js';
export { suits } from './suits.js';
