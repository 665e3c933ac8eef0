import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open as openFile, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeyringRefused } from './keyring.errors.js';

/**
 * A file that is made once and never changed, with a copy beside it. The copy is for a damaged file, and for one that is gone:
 * a fresh root key in its place would be one that opens nothing. Whoever runs the vault puts it back, not the vault.
 */
export class SealedFile {
  constructor(private readonly path: string) {}

  /**
   * Reads the file, or makes it where neither it nor its copy is.
   * @throws {KeyringRefused} where the copy is there alone
   */
  async readOrMake(make: () => Promise<Buffer>): Promise<Buffer> {
    // In this order: a copy is made after its file, so one that is seen has a file, unless that was taken away.
    const copy = await readFile(this.copyPath).catch(absent);
    const there = await readFile(this.path).catch(absent);
    if (there) return there;
    if (copy) throw new KeyringRefused('the keyring’s file is gone and its backup is there: put it back');
    return writeOnce(this.path, await make());
  }

  /** Reads the copy, or makes it where there is none. @returns what the copy holds */
  async copyOf(bytes: Buffer): Promise<Buffer> {
    return (await readFile(this.copyPath).catch(absent)) ?? (await writeOnce(this.copyPath, bytes));
  }

  private get copyPath(): string {
    return `${this.path}.backup`;
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
