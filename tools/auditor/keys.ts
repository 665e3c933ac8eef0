// The core by its path and not the library by its name: an auditor's programs must run without database code.
import { NoteKeyInvalid, NoteVerifier } from '../../libs/audit-log/src/core/index.js';
import type { Machine } from './machine.js';

type Files = Pick<Machine, 'readText'>;

/** Keys of logs, of each log one. @throws {NoteKeyInvalid}, {Error} for two of a log, and what reading a file throws */
export async function readLogKeys(given: readonly string[], files: Files): Promise<NoteVerifier[]> {
  const keys: NoteVerifier[] = [];
  for (const key of given) keys.push(await readKey(key, (text) => NoteVerifier.parse(text), files));
  if (new Set(keys.map(({ name }) => name)).size < keys.length) throw new Error('two keys of the same log');
  return keys;
}

/** A key, or a file that holds it. */
export async function readKey<T>(key: string, parse: (text: string) => T, files: Files): Promise<T> {
  try {
    return parse(key);
  } catch (error) {
    if (!(error instanceof NoteKeyInvalid)) throw error;
  }
  return parse((await files.readText(key)).trim());
}
