import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { NoteKeyInvalid, NoteVerifier, WitnessSigner } from '../../libs/audit-log/src/core/index.js';

/** A log whose checkpoints the witness cosigns. Its keys bear its origin as name; while a key is rotated there are two. */
export interface TrustedLog {
  readonly origin: string;
  readonly keys: readonly NoteVerifier[];
}

export interface WitnessSettings {
  readonly keyFile: string;
  readonly stateFolder: string;
  readonly host: string;
  readonly port: number;
  readonly logs: readonly TrustedLog[];
}

/** The settings, or the key, are not usable. Its message names the place, never a key. */
export class WrongWitnessSettings extends Error {
  override readonly name = 'WrongWitnessSettings';
}

const vkey = z.string().transform((text, context) => {
  try {
    return NoteVerifier.parse(text);
  } catch {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
});

const trustedLog = z
  .strictObject({ vkeys: z.array(vkey).min(1) })
  .refine(({ vkeys }) => new Set(vkeys.map(({ name }) => name)).size === 1)
  .transform(({ vkeys }): TrustedLog => ({ origin: vkeys[0]?.name ?? '', keys: vkeys }));

const schema = z.strictObject({
  keyFile: z.string().min(1),
  stateFolder: z.string().min(1),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  logs: z
    .array(trustedLog)
    .min(1)
    .refine((logs) => new Set(logs.map(({ origin }) => origin)).size === logs.length),
});

/** Reads the settings from a JSON file; relative paths in it start at its folder. @throws {WrongWitnessSettings} */
export function readSettings(path: string): WitnessSettings {
  const read = schema.safeParse(readJson(path));
  if (!read.success) {
    const places = [...new Set(read.error.issues.map((issue) => issue.path.join('.') || 'the whole'))];
    throw new WrongWitnessSettings(`these settings are wrong: ${places.sort().join(', ')}`);
  }
  const at = (name: string) => resolve(dirname(path), name);
  return { ...read.data, keyFile: at(read.data.keyFile), stateFolder: at(read.data.stateFolder) };
}

/** Reads the witness's key. @throws {WrongWitnessSettings} also where others than its owner may read the file */
export function readWitnessKey(path: string): WitnessSigner {
  try {
    if ((statSync(path).mode & 0o077) !== 0) throw new WrongWitnessSettings('others may read the key file');
    return WitnessSigner.parse(readFileSync(path, 'utf8').trim());
  } catch (error) {
    if (error instanceof WrongWitnessSettings) throw error;
    // The cause may quote the text.
    const why = error instanceof NoteKeyInvalid ? 'does not hold a witness’s key' : 'cannot be read';
    throw new WrongWitnessSettings(`the key file ${why}`);
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new WrongWitnessSettings('the settings file cannot be read as JSON');
  }
}
