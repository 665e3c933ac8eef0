import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { context, deriveKey, KEY_BYTES, open, SEAL_OVERHEAD, SealBroken, seal } from '@integument/crypto';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { KeyringRefused } from './keyring.errors.js';

/** What seals the root key in its file, and opens it again. */
export interface SealingKey {
  seal(root: Buffer): Promise<Buffer>;
  /** @throws SealBroken */
  open(sealed: Buffer): Promise<Buffer>;
}

const UNDER_KEY_FILE = context('integument/embedded-keyring/v1');

/** 32 random bytes need no stretching. */
export async function keyFile(path: string): Promise<SealingKey> {
  const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  if (secret.length < KEY_BYTES) throw new KeyringRefused('the keyring’s key file holds less than 32 bytes');
  const key = deriveKey(secret, 'integument/embedded-keyring/seal/v1');
  return {
    seal: (root) => Promise.resolve(seal(key, root, UNDER_KEY_FILE)),
    open: (sealed) => Promise.resolve(sealed).then(() => open(key, sealed, UNDER_KEY_FILE)),
  };
}

/** First byte of a file under a passphrase; what {@link seal} makes begins with another. */
const PASSPHRASE_FORMAT = 2;
const SALT_BYTES = 16;
const PASSPHRASE_CHARACTERS = 16;
/** OWASP's Password Storage Cheat Sheet for one lane; they belong to the format, so that nobody can lower them in a file. */
const COST = { m: 47_104, t: 1, p: 1, dkLen: KEY_BYTES } as const;

/**
 * A passphrase, stretched by argon2id (RFC 9106).
 * Shape of the file: 2 | salt (16) | sealed root.
 */
export async function passphraseFile(path: string): Promise<SealingKey> {
  const passphrase = (await readFile(path, 'utf8')).replace(/\r?\n$/, '').normalize('NFC');
  if (passphrase.length < PASSPHRASE_CHARACTERS) {
    throw new KeyringRefused('the keyring’s passphrase has less than 16 characters');
  }
  const stretch = async (salt: Buffer) => Buffer.from(await argon2idAsync(passphrase, salt, COST));
  return {
    seal: async (root) => {
      const salt = randomBytes(SALT_BYTES);
      const sealed = seal(await stretch(salt), root, underPassphrase(salt));
      return Buffer.concat([Buffer.of(PASSPHRASE_FORMAT), salt, sealed]);
    },
    open: async (file) => {
      const whole = 1 + SALT_BYTES + SEAL_OVERHEAD + KEY_BYTES;
      if (file.length !== whole || file[0] !== PASSPHRASE_FORMAT) throw new SealBroken();
      const salt = file.subarray(1, 1 + SALT_BYTES);
      return open(await stretch(salt), file.subarray(1 + SALT_BYTES), underPassphrase(salt));
    },
  };
}

function underPassphrase(salt: Buffer): Buffer {
  return context('integument/embedded-keyring/passphrase/v1', salt);
}
