export { EmbeddedKeyring } from './embedded-keyring.js';
export { KeyringRefused, KeyringUnavailable, keyringUnavailable } from './keyring.errors.js';
export { KEYRING, type Keyring, type Placed } from './keyring.js';
export { KeyringModule } from './keyring.module.js';
export { KeyringPulse } from './keyring-pulse.js';
export { requireOpens } from './require-opens.js';
