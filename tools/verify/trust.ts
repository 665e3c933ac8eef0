import {
  type NoteVerifier,
  type WitnessOptions,
  WitnessVerifier,
} from '../../libs/audit-log/src/core/index.js';
import { readKey, readLogKeys } from '../auditor/keys.js';
import type { Machine } from '../auditor/machine.js';
import { UsageError } from '../auditor/usage-error.js';
import type { Arguments } from './arguments.js';
import { LogRun } from './log-run.js';
import { originOf, type Source } from './sources.js';

/** What the auditor brings along; everything else is to be verified. */
export interface Trust {
  /** of different logs; at least one */
  readonly keys: readonly [NoteVerifier, ...NoteVerifier[]];
  readonly checkpoints: readonly string[];
  readonly witnesses: Pick<WitnessOptions, 'witnesses' | 'quorum' | 'witnessLag'>;
}

/** @throws {UsageError}, {NoteKeyInvalid}, and what reading a file throws */
export async function readTrust(asked: Arguments, machine: Machine): Promise<Trust> {
  const keys = await readLogKeys(asked.keys, machine);
  const witnesses: WitnessVerifier[] = [];
  for (const key of asked.witnesses)
    witnesses.push(await readKey(key, (text) => WitnessVerifier.parse(text), machine));
  const { quorum, witnessLag } = asked;
  if (quorum !== undefined && quorum > witnesses.length) throw new UsageError();
  // Asked for, and then not looked at.
  if ((witnessLag !== undefined || asked.taken) && witnesses.length === 0) throw new UsageError();
  const checkpoints: string[] = [];
  for (const path of asked.checkpoints) checkpoints.push(await machine.readText(path));
  const [first, ...others] = keys;
  if (!first) throw new UsageError();
  return { keys: [first, ...others], checkpoints, witnesses: { witnesses, quorum, witnessLag } };
}

/**
 * Starts to verify each log with the key of its name.
 * @throws {Error} for a checkpoint that is of none of the logs, for a log that is there twice if entries are to be merged, and
 * for several logs of which the one checkpoint is to be saved
 */
export function startRuns(
  sources: readonly Source[],
  { keys, checkpoints, witnesses }: Trust,
  { merge, save, taken }: Pick<Arguments, 'merge' | 'save' | 'taken'>,
  now: Date,
): LogRun[] {
  const unused = new Set(checkpoints);
  const runs = sources.map((source) => {
    // The only key is tried on whatever there is: the report says what is wrong.
    const key = keys.find(({ name }) => name === source.origin) ?? keys[0];
    const earlier = checkpointFor(source, sources.length === 1, checkpoints);
    if (earlier !== undefined) unused.delete(earlier);
    const takenAt = source.app ? now : taken;
    return new LogRun(source, key, { ...witnesses, takenAt, earlier }, merge !== undefined);
  });
  if (unused.size > 0) throw new Error('a checkpoint is of none of the logs');
  if (save !== undefined && sources.length > 1) throw new Error('--save keeps the checkpoint of one log');
  if (merge !== undefined && new Set(sources.map(({ origin }) => origin)).size < sources.length) {
    throw new Error('a log is there twice');
  }
  return runs;
}

function checkpointFor(
  { origin }: Source,
  isOnly: boolean,
  checkpoints: readonly string[],
): string | undefined {
  return isOnly ? checkpoints[0] : checkpoints.find((note) => originOf(note) === origin);
}
