/**
 * Holds the root key and lends its use: what wraps the domain keys. The embedded keyring keeps it in a sealed file;
 * HashiCorp Vault's transit engine fills the same port.
 */
export interface Keyring {
  /** @param place what the key is for, bound into the result */
  wrap(key: Buffer, place: Buffer): Promise<Buffer>;
  /** @throws {KeyringRefused} for another place, a changed byte or a root key that is not there */
  unwrap(wrapped: Buffer, place: Buffer): Promise<Buffer>;
}

export const KEYRING = Symbol('Keyring');

/** The keyring cannot or will not do what it was asked. Carries no key material and no text of its own cause. */
export class KeyringRefused extends Error {
  override readonly name = 'KeyringRefused';
}
