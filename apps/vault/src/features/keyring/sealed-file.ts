import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open as openFile, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeyringRefused } from './keyring.errors.js';

/**
 * A file that is made once and replaced as a whole, with a copy beside it. The copy is for a damaged file, and for one that is gone:
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

  read(): Promise<Buffer> {
    return readFile(this.path);
  }

  /**
   * Puts other bytes in the place of file and copy. First of all they lie beside both: a crash between the two leaves what
   * `finishReplacing` goes on from, at the next start.
   */
  async replace(bytes: Buffer): Promise<void> {
    await put(this.nextPath, bytes);
    await this.putBoth(bytes);
  }

  /** @param requireOurs rejects what we have not sealed */
  async finishReplacing(requireOurs: (bytes: Buffer) => Promise<unknown>): Promise<void> {
    const next = await readFile(this.nextPath).catch(absent);
    if (!next) return;
    await requireOurs(next);
    await this.putBoth(next);
  }

  private async putBoth(bytes: Buffer): Promise<void> {
    await put(this.path, bytes);
    await put(this.copyPath, bytes);
    await rm(this.nextPath, { force: true });
  }

  private get copyPath(): string {
    return `${this.path}.backup`;
  }

  private get nextPath(): string {
    return `${this.path}.next`;
  }
}

/**
 * Writes beside and links, so that a crash leaves the whole file or none, and a file that is there stays: of two processes
 * that start together the second takes the first one's root, or what it wraps could never be opened again.
 * @returns what the file holds
 */
async function writeOnce(path: string, bytes: Buffer): Promise<Buffer> {
  const draft = await drafted(path, bytes);
  try {
    await link(draft, path).catch(present);
  } finally {
    await rm(draft);
  }
  await syncFolder(path);
  return readFile(path);
}

/** Whole or not at all, in the place of what is there. */
async function put(path: string, bytes: Buffer): Promise<void> {
  await rename(await drafted(path, bytes), path);
  await syncFolder(path);
}

/** @returns where the bytes are on disk */
async function drafted(path: string, bytes: Buffer): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await openFile(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await openFile(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function present(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'EEXIST') return undefined;
  throw error;
}
