import { type Checkpoint, formatCheckpoint } from './checkpoint.js';
import { readSignatures, signNote } from './note.js';
import type { NoteSigner, NoteVerifier } from './note-key.js';
import { sameBytes } from './primitives.js';

/**
 * A checkpoint that several keys of one log sign, the oldest first. Whoever trusts one of them learns from it which key
 * continues the log.
 * @returns one signed note with a signature line for each signer
 * @throws {RangeError} unless all signers bear one name, the log's origin
 */
export function signCheckpointWith(
  head: Omit<Checkpoint, 'origin'>,
  signers: readonly [NoteSigner, ...NoteSigner[]],
): string {
  const [first, ...others] = signers;
  if (others.some(({ name }) => name !== first.name)) throw new RangeError('keys of different logs');
  const text = formatCheckpoint({ origin: first.name, ...head });
  // A note is its text, an empty line, and then its signature lines.
  const lines = others.map((signer) => signNote(text, signer).slice(text.length + 1));
  return [signNote(text, first), ...lines].join('');
}

/**
 * Whether this key is the one to continue the log after a checkpoint: of the signatures under the log's own name, its
 * is the last. A key that has handed over has signed the checkpoint, too, but is not the last.
 * @throws {NoteInvalid} unless it is a note. Doesn't check the signature: open the checkpoint first.
 */
export function isContinuedBy(note: string, { name, id }: NoteVerifier): boolean {
  const last = readSignatures(note).signatures.findLast((signature) => signature.name === name);
  return last !== undefined && sameBytes(last.id, id);
}
