import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  context,
  deriveKey,
  KEY_BYTES,
  open,
  SEAL_OVERHEAD,
  SealBroken,
  seal,
  unwrapKey,
  WrapBroken,
  wrapKey,
} from '@integument/crypto';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { KeyringRefused } from './keyring.errors.js';

/** Versions of the root key, by number. */
export type Roots = ReadonlyMap<number, Buffer>;

/** What seals the root keys in their file, and opens them again. */
export interface SealingKey {
  seal(roots: Roots): Promise<Buffer>;
  /** @throws SealBroken */
  open(file: Buffer): Promise<Roots>;
}

const FIRST_UNDER_KEY_FILE = context('integument/embedded-keyring/v1');

/** 32 random bytes need no stretching. */
export async function keyFile(path: string): Promise<SealingKey> {
  const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  if (secret.length < KEY_BYTES) throw new KeyringRefused('the keyring’s key file holds less than 32 bytes');
  const first = deriveKey(secret, 'integument/embedded-keyring/seal/v1');
  return {
    seal: (roots) => Promise.resolve(sealRoots(secret, UNDER_KEY_FILE, NO_SALT, roots)),
    open: (file) =>
      Promise.resolve().then(() => {
        if (file[0] !== ROOTS_FORMAT) return only(open(first, file, FIRST_UNDER_KEY_FILE));
        return openRoots(secret, UNDER_KEY_FILE, NO_SALT, file);
      }),
  };
}

/** First byte of a file under a passphrase, from when there was one root; what {@link seal} makes begins with another. */
const PASSPHRASE_FORMAT = 2;
const SALT_BYTES = 16;
const PASSPHRASE_CHARACTERS = 16;
/** OWASP's Password Storage Cheat Sheet for one lane; they belong to the format, so that nobody can lower them in a file. */
const COST = { m: 47_104, t: 1, p: 1, dkLen: KEY_BYTES } as const;

/** A passphrase, stretched by argon2id (RFC 9106). Shape of its file from when there was one root: 2 | salt (16) | sealed root. */
export async function passphraseFile(path: string): Promise<SealingKey> {
  const passphrase = (await readFile(path, 'utf8')).replace(/\r?\n$/, '').normalize('NFC');
  if (passphrase.length < PASSPHRASE_CHARACTERS) {
    throw new KeyringRefused('the keyring’s passphrase has less than 16 characters');
  }
  const stretch = async (salt: Buffer) => Buffer.from(await argon2idAsync(passphrase, salt, COST));
  return {
    seal: async (roots) => {
      const salt = randomBytes(SALT_BYTES);
      return sealRoots(await stretch(salt), UNDER_PASSPHRASE, salt, roots);
    },
    open: async (file) => {
      if (file[0] === ROOTS_FORMAT) {
        if (file.length < HEADER_BYTES) throw new SealBroken();
        const salt = file.subarray(2, HEADER_BYTES);
        return openRoots(await stretch(salt), UNDER_PASSPHRASE, salt, file);
      }
      const whole = 1 + SALT_BYTES + SEAL_OVERHEAD + KEY_BYTES;
      if (file.length !== whole || file[0] !== PASSPHRASE_FORMAT) throw new SealBroken();
      const salt = file.subarray(1, 1 + SALT_BYTES);
      return only(open(await stretch(salt), file.subarray(1 + SALT_BYTES), firstUnderPassphrase(salt)));
    },
  };
}

/**
 * A file of versions: 3 | kind (1) | salt (16) | sealed entries, each a version (u32 BE) and its root key under AES-KWP.
 * Twice, so that what is read of the opened file, a core dump of a moment say, is no key yet; the seal is what keeps anybody
 * from adding, taking or changing one.
 */
const ROOTS_FORMAT = 3;
const UNDER_KEY_FILE = 1;
const UNDER_PASSPHRASE = 2;
const NO_SALT = Buffer.alloc(SALT_BYTES);
const HEADER_BYTES = 2 + SALT_BYTES;
const WRAPPED_BYTES = KEY_BYTES + 8;
const ENTRY_BYTES = 4 + WRAPPED_BYTES;

function sealRoots(secret: Buffer, kind: number, salt: Buffer, roots: Roots): Buffer {
  const header = Buffer.concat([Buffer.of(ROOTS_FORMAT, kind), salt]);
  const wrapping = deriveKey(secret, 'integument/embedded-keyring/wrap/v3');
  const entries = [...roots].map(([version, root]) => {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(version);
    return Buffer.concat([number, wrapKey(wrapping, root)]);
  });
  return Buffer.concat([header, seal(sealing(secret), Buffer.concat(entries), rootsPlace(header))]);
}

function openRoots(secret: Buffer, kind: number, salt: Buffer, file: Buffer): Roots {
  const header = Buffer.concat([Buffer.of(ROOTS_FORMAT, kind), salt]);
  if (!file.subarray(0, HEADER_BYTES).equals(header)) throw new SealBroken();
  const entries = open(sealing(secret), file.subarray(HEADER_BYTES), rootsPlace(header));
  if (entries.length === 0 || entries.length % ENTRY_BYTES !== 0) throw new SealBroken();
  const wrapping = deriveKey(secret, 'integument/embedded-keyring/wrap/v3');
  const roots = new Map<number, Buffer>();
  for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
    roots.set(entries.readUInt32BE(at), unwrapped(wrapping, entries.subarray(at + 4, at + ENTRY_BYTES)));
  }
  return roots;
}

function unwrapped(wrapping: Buffer, bytes: Buffer): Buffer {
  try {
    return unwrapKey(wrapping, bytes);
  } catch (error) {
    if (error instanceof WrapBroken) throw new SealBroken();
    throw error;
  }
}

function sealing(secret: Buffer): Buffer {
  return deriveKey(secret, 'integument/embedded-keyring/seal/v3');
}

function rootsPlace(header: Buffer): Buffer {
  return context('integument/embedded-keyring/v3', header);
}

function firstUnderPassphrase(salt: Buffer): Buffer {
  return context('integument/embedded-keyring/passphrase/v1', salt);
}

function only(root: Buffer): Roots {
  return new Map([[1, root]]);
}
