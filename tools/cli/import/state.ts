import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SECRET, writeAtomically } from '../../run/files.js';
import { WrongUse } from '../failure.js';

/** The vault remembers a call by its key until the end of the next day; a little less counts here. */
const REMEMBERED_MS = 23 * 3_600_000;

const count = z.int().min(0);
const before = z.strictObject({
  version: z.literal(2),
  /** digest of the file, the mapping and where it goes: another import has another one */
  import: z.string(),
  rows: count.describe('of the whole file'),
  chunk: count.describe('chunks that are acknowledged'),
  read: count,
  kept: count,
  refused: count,
  place: z.strictObject({ bytes: count, line: count }),
  files: z.strictObject({ out: count, refused: count }).describe('how much of each counts'),
  paths: z.strictObject({ out: z.string(), refused: z.string() }).describe('from the folder of this file'),
  /** since when a chunk could be under way */
  sending: z.iso.datetime().nullable(),
  finished: z.boolean(),
  /** the process that is at it, or was */
  holder: z.strictObject({ pid: count, start: z.string() }).nullable(),
});
const schema = before.extend({
  version: z.literal(3),
  /** random: the same file begun anew is another run; null while a chunk may be under way that was sent when runs had no names */
  run: z.string().nullable(),
});
export type ImportState = z.output<typeof schema>;

/** @returns undefined where there is none yet @throws {WrongUse} where it is something else */
export function readState(path: string): ImportState | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WrongUse(`the state file ${path} can’t be read`);
  }
  const parsed = z.union([schema, before.transform(named)]).safeParse(jsonOf(text));
  if (!parsed.success) throw new WrongUse(`${path} is no state file of an import`);
  return parsed.data;
}

export function writeState(path: string, state: ImportState): void {
  writeAtomically(path, `${JSON.stringify(state)}\n`, SECRET);
}

/** What tells imports from each other; nothing can be learned from it of what the file holds, but by who has the file. */
export function importId(...parts: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(['import/v1', ...parts]))
    .digest('base64url');
}

export function newRun(): string {
  return randomUUID();
}

/** What was under way has to be sent as it was, or it would be done twice; what comes after it need not. */
function named(state: z.output<typeof before>): ImportState {
  return { ...state, version: 3, run: state.sending === null ? newRun() : null };
}

/**
 * The same for the same chunk of the same run, whoever sends it when. Not of another run of the same file: what the vault remembers of
 * a first one, which may have been removed since, would come again.
 */
export function chunkKey({ import: id, run, chunk }: Pick<ImportState, 'chunk' | 'import' | 'run'>): string {
  return createHash('sha256')
    .update(JSON.stringify(run === null ? ['chunk/v1', id, chunk] : ['chunk/v2', id, run, chunk]))
    .digest('base64url');
}

/** Whether a chunk that was under way might be done twice if it were sent again. */
export function isForgotten({ sending }: Pick<ImportState, 'sending'>, now: Date): boolean {
  return sending !== null && now.getTime() - Date.parse(sending) > REMEMBERED_MS;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
