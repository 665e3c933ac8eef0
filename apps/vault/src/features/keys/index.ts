export { accountDigest, providerSessionDigest } from './account.js';
export { DomainKeys, type WrappedKey } from './domain-keys.js';
export { EmbeddedKeyring } from './embedded-keyring.js';
export { KeyringRefused, KeyringUnavailable, keyringUnavailable } from './keyring.errors.js';
export { KEYRING, type Keyring } from './keyring.js';
export { KeyringPulse } from './keyring-pulse.js';
export { KeysModule } from './keys.module.js';
