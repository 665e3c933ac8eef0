export { BlindIndex, firstBits } from './blind-index.js';
export { bytesKey } from './bytes-key.js';
export { canonicalJson, type Json, NotCanonical } from './canonical-json.js';
export { commit } from './commitment.js';
export { context, contextOf } from './context.js';
export { deriveKey, KEY_BYTES } from './derive.js';
export { FF1_LEAST_DOMAIN, type Ff1, ff1Decrypt, ff1Encrypt } from './ff1.js';
export {
  decodedOrNull,
  decodeId,
  encodeId,
  IDENTIFIER_BYTES,
  MalformedIdentifier,
  randomId,
} from './identifier.js';
export { unwrapKey, WrapBroken, wrapKey } from './key-wrap.js';
export { operationDigest } from './operation-digest.js';
export { fillRandom, randomKey } from './random.js';
export { open, SEAL_OVERHEAD, SealBroken, seal } from './seal.js';
