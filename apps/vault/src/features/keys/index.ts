export { accountDigest, providerSessionDigest } from './account.js';
export { DomainKeys, type WrappedKey } from './domain-keys.js';
export { IndexKeys, type IndexVersion } from './index-keys.js';
export { KeysModule } from './keys.module.js';
