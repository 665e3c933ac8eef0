import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open as openFile, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { context, deriveKey, KEY_BYTES, open, SealBroken, seal } from '@integument/crypto';
import { KeyringRefused } from './keyring.errors.js';
import type { Keyring, Placed, RootVersions } from './keyring.js';

const FILE_PLACE = context('integument/embedded-keyring/v1');

/**
 * The root key in a file, sealed under a second file's secret: a copy of one of them opens nothing. For one machine;
 * it refuses databases elsewhere (see the vault's configuration).
 */
export class EmbeddedKeyring implements Keyring {
  private constructor(private readonly root: Buffer) {}

  /**
   * Opens the keyring's file, or makes it where there is none.
   * @throws {KeyringRefused} if the file was changed or belongs to another key file
   */
  static async load(files: { sealedFile: string; keyFile: string }): Promise<EmbeddedKeyring> {
    const sealingKey = await readKeyFile(files.keyFile);
    const sealed =
      (await readFile(files.sealedFile).catch(absent)) ??
      (await writeOnce(files.sealedFile, seal(sealingKey, randomBytes(KEY_BYTES), FILE_PLACE)));
    return new EmbeddedKeyring(openRoot(sealingKey, sealed));
  }

  wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    return Promise.resolve(keys.map(({ bytes, place }) => seal(this.root, bytes, place)));
  }

  unwrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    try {
      return Promise.resolve(wrapped.map(({ bytes, place }) => open(this.root, bytes, place)));
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

async function readKeyFile(path: string): Promise<Buffer> {
  const secret = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64url');
  if (secret.length < KEY_BYTES) throw new KeyringRefused('the keyring’s key file holds less than 32 bytes');
  return deriveKey(secret, 'integument/embedded-keyring/seal/v1');
}

function openRoot(sealingKey: Buffer, sealed: Buffer): Buffer {
  try {
    return open(sealingKey, sealed, FILE_PLACE);
  } catch {
    throw new KeyringRefused('the keyring’s file was changed or belongs to another key file');
  }
}

/**
 * Writes beside and links, so that a crash leaves the whole file or none, and a file that is there stays: of two processes
 * that start together the second takes the first one's root, or what it wraps could never be opened again.
 * @returns what the file holds
 */
async function writeOnce(path: string, bytes: Buffer): Promise<Buffer> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await openFile(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path).catch(present);
  } finally {
    await rm(draft);
  }
  const folder = await openFile(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
  return readFile(path);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function present(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'EEXIST') return undefined;
  throw error;
}
