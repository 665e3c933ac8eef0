export type { Kind, MaskWord } from './kind.js';
export { type KindDeclaration, type KindName, kindDeclaration, kindOf } from './kind-declaration.js';
export { suits } from './suits.js';
