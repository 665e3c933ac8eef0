export { EmbeddedKeyring } from './embedded-keyring.js';
export {
  isKeyringUnavailable,
  KeyringRefused,
  KeyringUnavailable,
  keyringUnavailable,
  StrictModeOff,
} from './keyring.errors.js';
export { KEK_KEYRING, KEYRING, type KekKeyring, type Keyring, type Placed } from './keyring.js';
export { KeyringModule } from './keyring.module.js';
export { KeyringPulse } from './keyring-pulse.js';
export { requireOpens } from './require-opens.js';
