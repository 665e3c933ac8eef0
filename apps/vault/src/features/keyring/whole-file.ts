import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open as openFile, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes beside and links, so that a crash leaves the whole file or none, and a file that is there stays: of two processes
 * that start together the second takes the first one's root, or what it wraps could never be opened again.
 * @returns what the file holds
 */
export async function writeOnce(path: string, bytes: Buffer): Promise<Buffer> {
  const draft = await drafted(path, bytes);
  try {
    await link(draft, path).catch(present);
  } finally {
    await rm(draft);
  }
  await syncFolder(path);
  return readFile(path);
}

/**
 * Whole or not at all, in the place of what is there.
 * @param mayReplace rejects where it must stay; asked last of all
 */
export async function put(path: string, bytes: Buffer, mayReplace: () => Promise<void>): Promise<void> {
  const draft = await drafted(path, bytes);
  try {
    await mayReplace();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(path);
}

/** What a crash has left of writing the file. */
export async function draftsOf(path: string): Promise<string[]> {
  const names = await readdir(dirname(path));
  return names.filter((name) => isDraft(name, basename(path))).map((name) => join(dirname(path), name));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await openFile(dirname(path), constants.O_RDONLY);
  await folder.sync().finally(() => folder.close());
}

export function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
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

function isDraft(name: string, of: string): boolean {
  return name.startsWith(`${of}.`) && /^[0-9a-f]{12}$/.test(name.slice(of.length + 1));
}

function present(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'EEXIST') return undefined;
  throw error;
}
