export { accountDigest, providerSessionDigest } from './account.js';
export { DomainKeys, type WrappedKey } from './domain-keys.js';
export { EmbeddedKeyring } from './embedded-keyring.js';
export { KEYRING, type Keyring, KeyringRefused } from './keyring.js';
export { KeysModule } from './keys.module.js';
