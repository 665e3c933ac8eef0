import { HASH_BYTES, isSize } from './merkle.js';
import { fromBase64, toBase64 } from './primitives.js';

/**
 * The export of a log: NDJSON, each line the one spelling that these functions write, so that a changed byte is a
 * changed meaning.
 *
 * - first line: a header;
 * - one line for each entry, in order of position from 0, with the stored leaf hash beside the stored bytes. The leaf hash is
 *   not evidence (whoever changes an entry can change it too); it lets the verifier name a single changed entry exactly;
 * - after the last entry that a signed checkpoint covers, that checkpoint. These are the evidence, and narrow a change that keeps
 *   entry and leaf hash in step down to the entries between two checkpoints;
 * - the last line is the checkpoint of the header's size.
 */
export interface ExportHeader {
  readonly type: 'integument-audit-export';
  readonly version: 1;
  /** which log */
  readonly origin: string;
  /** number of entries that follow */
  readonly size: number;
}

export interface ExportEntry {
  readonly position: number;
  /** leaf hash as stored, 32 bytes */
  readonly leaf: Uint8Array;
  /** the entry's stored bytes */
  readonly entry: Uint8Array;
}

const ENTRY =
  /^\{"position":(0|[1-9][0-9]{0,15}),"leaf":"([A-Za-z0-9+/=]{44})","entry":"([A-Za-z0-9+/=]*)"\}$/;

export function formatHeader({ origin, size }: Pick<ExportHeader, 'origin' | 'size'>): string {
  return JSON.stringify({ type: 'integument-audit-export', version: 1, origin, size } satisfies ExportHeader);
}

export function formatEntry({ position, leaf, entry }: ExportEntry): string {
  return `{"position":${position},"leaf":"${toBase64(leaf)}","entry":"${toBase64(entry)}"}`;
}

/** @param note a signed checkpoint */
export function formatCheckpointLine(note: string): string {
  return JSON.stringify({ checkpoint: note });
}

/** @returns undefined for anything that {@link formatHeader} would not have written */
export function parseHeader(line: string): ExportHeader | undefined {
  const value = parseJson(line) as Partial<ExportHeader> | null | undefined;
  const { origin, size } = value ?? {};
  if (typeof origin !== 'string' || typeof size !== 'number' || !isSize(size)) return undefined;
  if (formatHeader({ origin, size }) !== line) return undefined;
  return { type: 'integument-audit-export', version: 1, origin, size };
}

/** @returns undefined for anything that {@link formatEntry} would not have written */
export function parseEntryLine(line: string): ExportEntry | undefined {
  const [, position, leafText = '', entryText = ''] = ENTRY.exec(line) ?? [];
  const leaf = fromBase64(leafText);
  const entry = fromBase64(entryText);
  if (!position || !isSize(Number(position)) || leaf?.length !== HASH_BYTES || !entry) return undefined;
  return { position: Number(position), leaf, entry };
}

/** @returns the note, or undefined for anything that {@link formatCheckpointLine} would not have written */
export function parseCheckpointLine(line: string): string | undefined {
  const note = (parseJson(line) as { checkpoint?: unknown } | null | undefined)?.checkpoint;
  return typeof note === 'string' && formatCheckpointLine(note) === line ? note : undefined;
}

/** Whether a line, well-formed or not, sets out to be a checkpoint. */
export function looksLikeCheckpoint(line: string): boolean {
  return line.startsWith('{"checkpoint"');
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
