import { randomBytes } from 'node:crypto';
import { KEY_BYTES, open, SealBroken, seal } from '@integument/crypto';
import { KeyringRefused } from './keyring.errors.js';
import type { Keyring, Placed, RootVersions } from './keyring.js';
import { SealedFile } from './sealed-file.js';
import { keyFile, passphraseFile, type SealingKey } from './sealing-key.js';

/** One of the two seals. */
export interface EmbeddedKeyringFiles {
  readonly sealedFile: string;
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/**
 * The root key in a file, sealed under a second file's secret: a copy of one of them opens nothing. For one machine;
 * it refuses databases elsewhere (see the vault's configuration).
 */
export class EmbeddedKeyring implements Keyring {
  /** Private at run time too: what prints a keyring must not print this. */
  readonly #root: Buffer;

  private constructor(root: Buffer) {
    this.#root = root;
  }

  /**
   * Opens the keyring's file, or makes it where there is none.
   * @throws {KeyringRefused} if the file was changed, differs from its backup, or belongs to another key file or passphrase
   */
  static async load(files: EmbeddedKeyringFiles): Promise<EmbeddedKeyring> {
    const sealingKey = await sealingKeyOf(files);
    const file = new SealedFile(files.sealedFile);
    const sealed = await file.readOrMake(() => sealingKey.seal(randomBytes(KEY_BYTES)));
    const root = await openRoot(sealingKey, sealed);
    await requireSame(sealingKey, sealed, await file.copyOf(sealed));
    return new EmbeddedKeyring(root);
  }

  wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    return Promise.resolve(keys.map(({ bytes, place }) => seal(this.#root, bytes, place)));
  }

  unwrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    try {
      return Promise.resolve(wrapped.map(({ bytes, place }) => open(this.#root, bytes, place)));
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      return Promise.reject(new KeyringRefused('wrapped key does not belong to this keyring or this place'));
    }
  }

  async rewrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    const keys = await this.unwrap(wrapped);
    return this.wrap(wrapped.map(({ place }, at) => ({ bytes: keys[at] ?? Buffer.alloc(0), place })));
  }

  /** There is one: a new root key is a new file. */
  versions(): Promise<RootVersions> {
    return Promise.resolve({ newest: 1, oldest: 1 });
  }

  versionOf(): number {
    return 1;
  }

  /** Whoever is asked is this process. */
  check(): Promise<void> {
    return Promise.resolve();
  }
}

function sealingKeyOf(files: EmbeddedKeyringFiles): Promise<SealingKey> {
  if (files.keyFile !== undefined) return keyFile(files.keyFile);
  if (files.passphraseFile !== undefined) return passphraseFile(files.passphraseFile);
  return Promise.reject(new KeyringRefused('neither a key file nor a passphrase seals the keyring'));
}

async function openRoot(sealingKey: SealingKey, sealed: Buffer): Promise<Buffer> {
  try {
    return await sealingKey.open(sealed);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    throw new KeyringRefused('the keyring’s file was changed or belongs to another key file or passphrase');
  }
}

/** Says which of the two to touch: whoever puts a damaged backup back has lost the root key. */
async function requireSame(sealingKey: SealingKey, sealed: Buffer, copy: Buffer): Promise<void> {
  if (copy.equals(sealed)) return;
  const opens = await openRoot(sealingKey, copy).then(
    () => true,
    () => false,
  );
  if (opens) throw new KeyringRefused('the keyring’s file and its backup are two keyrings: lose neither');
  throw new KeyringRefused(
    'the keyring’s file is whole, its backup is not: take the backup away, not the file',
  );
}
