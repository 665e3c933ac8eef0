import { HASH_BYTES, isSize } from './merkle.js';
import { fromBase64, fromUtf8, isUtf8, toBase64, toUtf8 } from './primitives.js';

/**
 * The export of a log: NDJSON, each line the one spelling that these functions write, so that a changed byte is a
 * changed meaning.
 *
 * - first line: a header;
 * - one line for each entry, in order of position, with the stored leaf hash before the stored bytes. The leaf hash is
 *   not evidence (whoever changes an entry can change it too); it lets the verifier name a single changed entry exactly;
 * - after the last entry that a signed checkpoint covers, that checkpoint. These are the evidence, and narrow a change that keeps
 *   entry and leaf hash in step down to the entries between two checkpoints;
 * - the last line is the checkpoint of the header's size.
 *
 * An entry's bytes stand in their line as they are stored, and what is hashed is just what stands there: an export can be read,
 * and searched with grep. Bytes that are no line of JSON (the app writes none) stand in base64 under another name.
 */
export interface ExportHeader {
  readonly type: 'integument-audit-export';
  readonly version: 1;
  /** which log */
  readonly origin: string;
  /** position of the first entry that follows; 0, and then not written, unless older ones are in an archive */
  readonly first: number;
  /** number of entries of the log, those before `first` included */
  readonly size: number;
  /** the log's keys, oldest first; empty, and then not written, for a log that has always had the same key */
  readonly keys: readonly ExportKey[];
}

/** One of the keys by which a log was signed one after the other. See key-chain.ts. */
export interface ExportKey {
  readonly vkey: string;
  /** checkpoints of this size and larger are signed by it, up to the next key's */
  readonly from: number;
  /** the checkpoint of size `from`, signed by the key before and this one; absent for the first key */
  readonly note?: string;
}

export interface ExportEntry {
  readonly position: number;
  /** leaf hash as stored, 32 bytes */
  readonly leaf: Uint8Array;
  /** the entry's stored bytes */
  readonly entry: Uint8Array;
}

const [OPEN_BRACE, CLOSE_BRACE, LINE_END] = [0x7b, 0x7d, 0x0a];
const ENTRY =
  /^\{"position":(0|[1-9][0-9]{0,15}),"leaf":"([A-Za-z0-9+/]{43}=)",(?:"entry":(\{.*\})|"base64":"([A-Za-z0-9+/=]*)")\}$/s;

type HeaderFields = Pick<ExportHeader, 'origin' | 'size'> & Partial<Pick<ExportHeader, 'first' | 'keys'>>;

export function formatHeader({ origin, first = 0, size, keys = [] }: HeaderFields): string {
  return JSON.stringify({
    type: 'integument-audit-export',
    version: 1,
    origin,
    ...(first > 0 && { first }),
    size,
    ...(keys.length > 0 && { keys: keys.map(({ vkey, from, note }) => ({ vkey, from, note })) }),
  });
}

export function formatEntry({ position, leaf, entry }: ExportEntry): string {
  if (isPlain(entry)) return `${entryHead(position, toBase64(leaf))}${fromUtf8(entry)}}`;
  return `{"position":${position},"leaf":"${toBase64(leaf)}","base64":"${toBase64(entry)}"}`;
}

/** What stands before an entry's bytes in its line; behind them there is one more closing brace. */
export function entryHead(position: number, leaf: string): string {
  return `{"position":${position},"leaf":"${leaf}","entry":`;
}

/** @param note a signed checkpoint */
export function formatCheckpointLine(note: string): string {
  return JSON.stringify({ checkpoint: note });
}

/** @returns undefined for anything that {@link formatHeader} would not have written */
export function parseHeader(line: string): ExportHeader | undefined {
  const value = parseJson(line) as Partial<ExportHeader> | null | undefined;
  const { origin, size, first = 0, keys = [] } = value ?? {};
  if (typeof origin !== 'string' || !isSizeValue(size) || !isSizeValue(first) || first > size)
    return undefined;
  if (!Array.isArray(keys) || !keys.every(isExportKey)) return undefined;
  if (formatHeader({ origin, first, size, keys }) !== line) return undefined;
  return { type: 'integument-audit-export', version: 1, origin, first, size, keys };
}

/** @returns undefined for anything that {@link formatEntry} would not have written */
export function parseEntryLine(line: string): ExportEntry | undefined {
  const [, position, leafText = '', plain, encoded = ''] = ENTRY.exec(line) ?? [];
  const leaf = fromBase64(leafText);
  const entry = plain === undefined ? fromBase64(encoded) : toUtf8(plain);
  if (!position || !isSize(Number(position)) || leaf?.length !== HASH_BYTES || !entry) return undefined;
  if ((plain === undefined) === isPlain(entry)) return undefined;
  return { position: Number(position), leaf, entry };
}

/** @returns the note, or undefined for anything that {@link formatCheckpointLine} would not have written */
export function parseCheckpointLine(line: string): string | undefined {
  const note = (parseJson(line) as { checkpoint?: unknown } | null | undefined)?.checkpoint;
  return typeof note === 'string' && formatCheckpointLine(note) === line ? note : undefined;
}

/** Whether bytes can stand in a line as they are: UTF-8 in one line that begins and ends as a JSON object does. */
function isPlain(entry: Uint8Array): boolean {
  return isObject(entry, 0, entry.length) && !entry.includes(LINE_END) && isUtf8(entry);
}

/** Whether bytes from `start` up to but without `end` begin and end as a JSON object does. */
export function isObject(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > 1 && bytes[start] === OPEN_BRACE && bytes[end - 1] === CLOSE_BRACE;
}

/** Whether a line, well-formed or not, sets out to be a checkpoint. */
export function looksLikeCheckpoint(line: string): boolean {
  return line.startsWith('{"checkpoint"');
}

function isExportKey(value: unknown): value is ExportKey {
  const { vkey, from, note } = (value ?? {}) as Partial<ExportKey>;
  return typeof vkey === 'string' && isSizeValue(from) && (note === undefined || typeof note === 'string');
}

function isSizeValue(value: unknown): value is number {
  return typeof value === 'number' && isSize(value);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
