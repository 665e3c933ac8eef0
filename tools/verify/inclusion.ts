import { parseArgs } from 'node:util';
import {
  CheckpointInvalid,
  fromBase64,
  HASH_BYTES,
  leafHash,
  NoteInvalid,
  NoteVerifier,
  openCheckpoint,
  verifyInclusion,
} from '../../libs/audit-log/src/core/index.js';
import { readKey } from '../auditor/keys.js';
import type { Machine } from '../auditor/machine.js';
import { UsageError } from '../auditor/usage-error.js';

/** That one entry is in the log, as an app's routes give it out. Nothing in these texts is believed. */
export interface Inclusion {
  /** the reply of `GET /v1/audit/proofs/inclusion` */
  readonly proof: string;
  /** the entry's line, as `GET /v1/audit/stream` or an export has it */
  readonly entry: string;
  /** a signed checkpoint of the proof's size */
  readonly note: string;
}

class NotIncluded extends Error {
  constructor(
    readonly code: `inclusion.${'entry' | 'proof' | 'size'}` | 'checkpoint.signature',
    message: string,
  ) {
    super(message);
  }
}

const LINE = /^\{"position":(0|[1-9][0-9]{0,15}),(?:"leaf":"[A-Za-z0-9+/]{43}=",)?"entry":(\{.*\})\}\n?$/;

/** Whether the arguments ask for the proof of one entry. */
export function asksForInclusion(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--inclusion' || arg.startsWith('--inclusion='));
}

/** Verifies one entry by its proof. @returns the exit status @throws {UsageError}, and what reading a file throws */
export async function inclusionCommand(args: readonly string[], machine: Machine): Promise<0 | 1> {
  const asked = parse(args);
  const key = await readKey(asked.key, (text) => NoteVerifier.parse(text), machine);
  const inclusion = {
    proof: await machine.readText(asked.inclusion),
    entry: await machine.readText(asked.entry),
    note: await machine.readText(asked.checkpoint),
  };
  try {
    machine.out(describe(inclusion, key));
    return 0;
  } catch (error) {
    if (!(error instanceof NotIncluded)) throw error;
    machine.error(`NOT VERIFIED ${key.name}: ${error.message} (${error.code})\n`);
    return 1;
  }
}

function parse(args: readonly string[]) {
  const one = { type: 'string' } as const;
  try {
    const options = { inclusion: one, entry: one, checkpoint: one, key: one };
    const { inclusion, entry, checkpoint, key } = parseArgs({ args: [...args], options }).values;
    if (inclusion && entry && checkpoint && key) return { inclusion, entry, checkpoint, key };
  } catch {
    // Its message would quote what was given.
  }
  throw new UsageError();
}

function describe({ proof, entry, note }: Inclusion, key: NoteVerifier): string {
  const { size, root } = signed(note, key);
  const { position, leaf } = readLine(entry);
  const shown = readProof(proof);
  if (shown.position !== position)
    throw new NotIncluded(
      'inclusion.proof',
      `the proof is for position ${shown.position}, the entry at ${position}`,
    );
  if (shown.size !== size)
    throw new NotIncluded(
      'inclusion.size',
      `the proof is for ${shown.size} entries, the checkpoint for ${size}`,
    );
  // The app's word for the leaf is not needed; another one says which of the two is wrong.
  if (shown.leaf !== base64(leaf))
    throw new NotIncluded(
      'inclusion.entry',
      `at position ${position} the app proves another entry than this`,
    );
  if (!verifyInclusion(position, size, leaf, shown.hashes, root))
    throw new NotIncluded('inclusion.proof', `nothing proves that this entry is at position ${position}`);
  return `VERIFIED ${key.name}\n  entry  position ${position} of ${size} entries\n  leaf   ${base64(leaf)}\n  root   ${base64(root)}\n`;
}

function signed(note: string, key: NoteVerifier) {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (!(error instanceof NoteInvalid || error instanceof CheckpointInvalid)) throw error;
    throw new NotIncluded('checkpoint.signature', 'the checkpoint is not signed by the given key');
  }
}

/** What is hashed are the bytes that stand in the line, not what they mean. */
function readLine(text: string): { position: number; leaf: Uint8Array } {
  const [, position, entry] = LINE.exec(text) ?? [];
  if (!position || !entry)
    throw new NotIncluded('inclusion.entry', 'the entry is not one line of a stream or an export');
  return { position: Number(position), leaf: leafHash(Buffer.from(entry, 'utf8')) };
}

function readProof(text: string) {
  const { position, size, leaf, hashes } = toObject(text);
  const isNumbered = typeof position === 'number' && typeof size === 'number';
  if (!isNumbered || typeof leaf !== 'string' || !Array.isArray(hashes))
    throw new NotIncluded('inclusion.proof', 'the proof is not as an app gives it out');
  return { position, size, leaf, hashes: hashes.map(toHash) };
}

/** Anything else is no hash, which proves nothing. */
function toHash(text: unknown): Uint8Array {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
  return bytes?.length === HASH_BYTES ? bytes : new Uint8Array();
}

function toObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
