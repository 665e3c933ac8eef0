import { HASH_BYTES, isSize } from './merkle.js';
import { openNote, readNoteUnverified, signNote } from './note.js';
import type { NoteSigner, NoteVerifier } from './note-key.js';
import { fromBase64, sha256, toBase64, toUtf8 } from './primitives.js';

/** The head of a log at one size. Source: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** which log; here also the name of its key */
  readonly origin: string;
  /** number of entries */
  readonly size: number;
  /** RFC 6962 root, 32 bytes */
  readonly root: Uint8Array;
}

/** A text is not a checkpoint. */
export class CheckpointInvalid extends Error {
  override readonly name = 'CheckpointInvalid';
  constructor() {
    super('not a checkpoint');
  }
}

const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;

/** @returns three lines: origin, size, root in base64 */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  // A line break inside the origin would write a checkpoint of another size than this one says.
  if (!/^[^\n]+$/.test(origin) || !isSize(size) || root.length !== HASH_BYTES) throw new CheckpointInvalid();
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Reads a checkpoint's text strictly: no second spelling of a size or root is accepted. Extension lines are allowed by
 * the specification, signed like the rest, and not looked at.
 * @throws {CheckpointInvalid}
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n');
  // The text ends in a newline, so the last piece is empty; an empty extension line is not allowed.
  if (!origin || !size || !root || rest.length === 0 || rest.indexOf('') !== rest.length - 1)
    throw new CheckpointInvalid();
  const hash = fromBase64(root);
  if (!SIZE.test(size) || !isSize(Number(size)) || hash?.length !== HASH_BYTES) throw new CheckpointInvalid();
  return { origin, size: Number(size), root: hash };
}

/** @returns a signed note; the signer's name is the log's origin */
export function signCheckpoint(head: Omit<Checkpoint, 'origin'>, signer: NoteSigner): string {
  return signNote(formatCheckpoint({ origin: signer.name, ...head }), signer);
}

/**
 * Signs the head at which one key of a log follows another: with both, the old one's line first, and over an extension line
 * that names the new one. A key signs whatever is in the log; only this line says that it hands over, and no ordinary
 * checkpoint has it. See key-chain.ts.
 * @throws {CheckpointInvalid} if the keys are of different logs
 */
export function signHandover(head: Omit<Checkpoint, 'origin'>, from: NoteSigner, to: NoteSigner): string {
  if (from.name !== to.name) throw new CheckpointInvalid();
  const text = formatCheckpoint({ origin: from.name, ...head });
  return signNote(`${text}${handoverLine(to.verifier)}\n`, from, to);
}

/** Whether a checkpoint that a key has signed hands over to another key. @throws {NoteInvalid | CheckpointInvalid} */
export function handsOver(note: string, from: NoteVerifier, to: NoteVerifier): boolean {
  const [, , , extension, end] = openNote(note, from).split('\n');
  return extension === handoverLine(to) && end === '';
}

function handoverLine(to: NoteVerifier): string {
  return `next-key ${toBase64(sha256(toUtf8(to.toString())))}`;
}

/**
 * Reads a checkpoint that the key has signed and that is of the key's own log.
 * @throws {NoteInvalid | CheckpointInvalid}
 */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, verifier));
  // A key signs for one log. Without this, a checkpoint of another log under the same key would pass for this one's.
  if (checkpoint.origin !== verifier.name) throw new CheckpointInvalid();
  return checkpoint;
}

/** Reads a checkpoint WITHOUT checking who signed it: for showing, never for trusting. */
export function readCheckpointUnverified(note: string): Checkpoint {
  return parseCheckpoint(readNoteUnverified(note));
}
