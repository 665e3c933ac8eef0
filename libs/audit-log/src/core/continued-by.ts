import { readSignatures } from './note.js';
import type { NoteVerifier } from './note-key.js';
import { sameBytes } from './primitives.js';

/**
 * Whether this key is the one to continue the log after a checkpoint: of the signatures under the log's own name, its
 * is the last. A key that has handed over has signed the checkpoint, too, but is not the last.
 * @throws {NoteInvalid} unless it is a note. Doesn't check the signature: open the checkpoint first.
 */
export function isContinuedBy(note: string, { name, id }: NoteVerifier): boolean {
  const last = readSignatures(note).signatures.findLast((signature) => signature.name === name);
  return last !== undefined && sameBytes(last.id, id);
}
