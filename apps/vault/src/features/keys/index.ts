export {
  accountDigests,
  accountStamp,
  accountText,
  providerSessionDigest,
  signInAccountDigest,
  signInDigests,
} from './account.js';
export { DomainKeys, KEYS_LEASE_MS, KEYS_READ_EVERY_MS, type WrappedKey } from './domain-keys.js';
export { holdDigests } from './hold-digests.js';
export {
  type Domain,
  domainPlace,
  type KeyState,
  SEALING,
  type SealingDomain,
} from './key-version.js';
export { KeysModule } from './keys.module.js';
export { LiveIndex, type Stamped } from './live-index.js';
export { SessionDigests, SessionSecret } from './session-secret.js';
export { StaffNames } from './staff-names.js';
export { isUnopened, openedOr } from './unopened.js';
