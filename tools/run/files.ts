import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Readable and writable by its owner alone. */
export const SECRET = 0o600;

/**
 * Writes a file whole or not at all, also across a power cut: a new file is written and flushed beside it, then takes
 * its name. The mode is there from the first byte on.
 */
export function writeAtomically(path: string, content: string | Uint8Array, mode: number): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, 'wx', mode);
  try {
    writeSync(file, typeof content === 'string' ? Buffer.from(content) : content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  flushFolder(dirname(path));
}

/** Renames and makes the new name durable. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  flushFolder(dirname(to));
}

/** The file's text; made and written for its owner alone where it doesn't exist. */
export function readOrMake(path: string, make: () => string): string {
  if (!existsSync(path)) writeAtomically(path, make(), SECRET);
  return readFileSync(path, 'utf8');
}

/** @returns the parsed file, or undefined where it is missing or isn't JSON */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function flushFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
