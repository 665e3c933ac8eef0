export { tokenDigests, tokenPlace, tokenStamp } from './token-seal.js';
