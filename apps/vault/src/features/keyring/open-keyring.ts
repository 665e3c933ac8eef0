import { hashicorpSettings, type KeyringConfig } from '../../keyring-settings.js';
import { EmbeddedKeyring } from './embedded-keyring.js';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import type { KekKeyring, Keyring } from './keyring.js';

/** The keyring that the settings choose. */
export function openKeyring(config: KeyringConfig): Promise<Keyring> {
  if (config.KEYRING === 'hashicorp') return HashicorpKeyring.open(hashicorpSettings(config));
  return EmbeddedKeyring.load({
    sealedFile: config.KEYRING_FILE ?? '',
    keyFile: config.KEYRING_KEY_FILE,
    passphraseFile: config.KEYRING_PASSPHRASE_FILE,
  });
}

/** The second key, in strict mode and on the way out of it: under it lie keys, whoever still makes some. */
export async function openKekKeyring(keyring: Keyring, config: KeyringConfig): Promise<KekKeyring | null> {
  if (config.KEYRING_STRICT === 'off' || !(keyring instanceof HashicorpKeyring)) return null;
  return keyring.beside(config.KEYRING_STRICT_KEY);
}

/** The embedded keyring is this process: it is never away. */
export function graceMs(config: KeyringConfig): number {
  return config.KEYRING === 'hashicorp' ? config.KEYRING_GRACE_SECONDS * 1_000 : Infinity;
}
