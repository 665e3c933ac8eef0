import type { NoteSigner, NoteVerifier } from './note-key.js';
import { isKeyName } from './note-key.js';
import { concat, fromBase64, toBase64, toUtf8 } from './primitives.js';

const ID_BYTES = 4;
const SIGNATURE_LINE = /^— (\S+) (\S+)$/;
// The specification asks for at least 16 signatures; a note with its cosigners' is far below this.
const MAX_NOTE_CHARS = 65_536;
const MAX_SIGNATURES = 64;

/** A note is malformed, or no signature of the trusted key on it holds. Its text must not be used. */
export class NoteInvalid extends Error {
  override readonly name = 'NoteInvalid';
}

/**
 * Signs a text. Source: C2SP signed-note.
 * @param text ends in a newline, has no other control characters
 * @param also further keys that sign the same text, each in a line of its own
 * @returns text, empty line, signature lines
 */
export function signNote(text: string, signer: NoteSigner, ...also: readonly NoteSigner[]): string {
  if (!isNoteText(text)) throw new NoteInvalid('not a text that can be signed as a note');
  const message = toUtf8(text);
  const lines = [signer, ...also].map((one) => {
    return `— ${one.name} ${toBase64(concat(one.verifier.id, one.sign(message)))}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Returns the text of a note that the key has signed. Signatures of other keys (witnesses, a rotated key) are ignored, as
 * the specification demands; one that claims to be of this key and isn't spoils the note.
 * @throws {NoteInvalid}
 */
export function openNote(note: string, verifier: NoteVerifier): string {
  const { text, signatures } = splitNote(note);
  const own = signatures.filter(({ name, id }) => verifier.isNamed(name, id));
  if (own.length === 0) throw new NoteInvalid('not signed by the given key');
  const message = toUtf8(text);
  if (!own.every(({ signature }) => verifier.verify(message, signature))) {
    throw new NoteInvalid('the signature does not match the text');
  }
  return text;
}

/** @returns the text of a well-formed note WITHOUT checking who signed it: for showing, never for trusting */
export function readNoteUnverified(note: string): string {
  return splitNote(note).text;
}

/** One signature line of a note. Whose it is, and whether it holds, is still to be found out. */
export interface Signature {
  readonly name: string;
  /** of the key, 4 bytes */
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
}

/** Reads a note's text and its signature lines WITHOUT checking any of them. @throws {NoteInvalid} */
export function readSignatures(note: string): { text: string; signatures: Signature[] } {
  return splitNote(note);
}

function splitNote(note: string): { text: string; signatures: Signature[] } {
  // The last empty line separates: the text may have empty lines of its own.
  const split = note.lastIndexOf('\n\n');
  if (note.length > MAX_NOTE_CHARS || split < 0 || !note.endsWith('\n')) throw malformed();
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  // Each costs a verification to whoever trusts a key that it names.
  if (lines.length > MAX_SIGNATURES) throw malformed();
  if (!isNoteText(text)) throw malformed();
  return { text, signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): Signature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = encoded ? fromBase64(encoded) : undefined;
  if (!name || !isKeyName(name) || !bytes || bytes.length <= ID_BYTES) throw malformed();
  return { name, id: bytes.subarray(0, ID_BYTES), signature: bytes.subarray(ID_BYTES) };
}

function isNoteText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a note must not hold
  return text.length > 1 && text.endsWith('\n') && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
}

function malformed(): NoteInvalid {
  return new NoteInvalid('not a signed note');
}
