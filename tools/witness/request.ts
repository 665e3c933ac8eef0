import { type Checkpoint, checkpointTextOf, HASH_BYTES } from '../../libs/audit-log/src/core/index.js';

/** The body of an `add-checkpoint`, read but not believed. */
export interface AddCheckpoint {
  /** what the client takes for the size that we cosigned last */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly note: string;
  /** the note's text, without signatures */
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

/** The body is not an `add-checkpoint`. */
export class RequestMalformed extends Error {
  override readonly name = 'RequestMalformed';
}

const OLD = /^old (0|[1-9][0-9]{0,15})$/;
/** So many levels has a tree of 2^63 entries. */
const MAX_PROOF_LINES = 63;

/**
 * Reads the body of an `add-checkpoint`, strictly: one spelling for each request. Source: C2SP tlog-witness.
 * @throws {RequestMalformed}
 */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const text = decode(body);
  const split = text.indexOf('\n\n');
  if (split < 0) throw new RequestMalformed('no empty line');
  const [old = '', ...hashes] = text.slice(0, split).split('\n');
  const oldSize = Number(OLD.exec(old)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(oldSize)) throw new RequestMalformed('no old size');
  if (hashes.length > MAX_PROOF_LINES) throw new RequestMalformed('too long a proof');
  const note = text.slice(split + 2);
  return { oldSize, proof: hashes.map(parseHash), note, ...readNote(note) };
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new RequestMalformed('not UTF-8', { cause });
  }
}

function parseHash(line: string): Uint8Array {
  const bytes = Buffer.from(line, 'base64');
  if (bytes.length !== HASH_BYTES || bytes.toString('base64') !== line) throw new RequestMalformed('no hash');
  return bytes;
}

function readNote(note: string): { text: string; checkpoint: Checkpoint } {
  try {
    return checkpointTextOf(note);
  } catch (cause) {
    throw new RequestMalformed('no checkpoint', { cause });
  }
}
