import {
  type ExportHeader,
  entryHead,
  isObject,
  looksLikeCheckpoint,
  parseCheckpointLine,
  parseEntryLine,
} from './export-format.js';
import { Fault } from './fault.js';
import type { LogCheck } from './log-check.js';
import { HASH_BYTES, leafHash, leafHashWithin } from './merkle.js';
import { allocate, fromUtf8, readHashInto, sameBytes, toBase64, toLatin1 } from './primitives.js';
import type { VerifyOptions } from './verify-options.js';

const CLOSE_BRACE = 0x7d;
const LETTER_P = 0x70;

/** The lines of an export behind its header, checked one after the other. */
export class ExportLines {
  #noted: number | undefined;
  #isDone = false;
  readonly #leaf = allocate(HASH_BYTES);
  #headLength = 0;
  #headHoldsTo = 0;

  constructor(
    private readonly header: ExportHeader,
    private readonly check: LogCheck,
    private readonly onEntry: VerifyOptions['onEntry'],
  ) {}

  /** Whether nothing may follow. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Takes a line, which is UTF-8 text without a newline.
   * @throws {Fault}
   */
  take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isDone) throw new Fault('export.excess', 'there is more behind the last checkpoint', null);
    if (!this.takePlain(bytes, start, end)) this.takeOther(bytes.subarray(start, end));
  }

  /** @throws {Fault} unless everything has come */
  finish(): void {
    const { size } = this.check;
    if (size < this.header.size)
      throw new Fault('export.truncated', 'the export ends before this entry', size);
    if (!this.#isDone) throw this.check.unconfirmed('export.truncated', 'the last checkpoint is missing');
  }

  /**
   * Takes a line if it is, byte for byte, what an export writes for the next position and the bytes that stand there: one
   * hash and one comparison. Whatever is wrong with another line is found out by {@link takeOther}.
   */
  private takePlain(bytes: Uint8Array, start: number, end: number): boolean {
    const position = this.check.size;
    const [from, to] = [start + this.headLength(position), end - 1];
    if (bytes[start + 2] !== LETTER_P || bytes[to] !== CLOSE_BRACE) return false;
    if (position === this.header.size || !isObject(bytes, from, to)) return false;
    const leaf = leafHashWithin(bytes, from, to);
    if (toLatin1(bytes, start, from) !== entryHead(position, leaf)) return false;
    readHashInto(leaf, this.#leaf);
    this.accept(position, bytes, from, to, this.#leaf);
    return true;
  }

  private takeOther(line: Uint8Array): void {
    const text = fromUtf8(line);
    if (looksLikeCheckpoint(text)) this.takeCheckpoint(text);
    else this.takeEntry(text);
  }

  private takeEntry(text: string): void {
    const expected = this.check.size;
    if (expected === this.header.size) {
      throw new Fault('export.excess', 'there are more entries than the header says', expected);
    }
    const line = parseEntryLine(text);
    if (!line) throw new Fault('export.line', 'the line is not as an export writes it', expected);
    if (line.position !== expected) {
      const message = `position ${line.position} stands where position ${expected} should`;
      const evidence = { what: 'position', expected: String(expected), found: String(line.position) };
      throw new Fault('export.position', message, expected, expected, evidence);
    }
    const hash = leafHash(line.entry);
    if (!sameBytes(hash, line.leaf)) {
      const message = 'the stored bytes do not have the leaf hash that was stored with them';
      const evidence = { what: 'leaf hash', expected: toBase64(line.leaf), found: toBase64(hash) };
      throw new Fault('entry.changed', message, expected, expected, evidence);
    }
    this.accept(expected, line.entry, 0, line.entry.length, hash);
  }

  private accept(position: number, bytes: Uint8Array, start: number, end: number, leaf: Uint8Array): void {
    this.check.append(bytes, start, end, leaf);
    this.onEntry?.(position, bytes.subarray(start, end));
  }

  private takeCheckpoint(line: string): void {
    const { check } = this;
    const note = parseCheckpointLine(line);
    if (note === undefined)
      throw check.unconfirmed('export.line', 'a checkpoint is not as an export writes it');
    const { size } = check;
    if (this.#noted === size) throw check.unconfirmed('checkpoint.misplaced', 'a checkpoint is there twice');
    check.checkpoint(note);
    this.#noted = size;
    this.#isDone = size === this.header.size;
  }

  private headLength(position: number): number {
    if (position >= this.#headHoldsTo) {
      const digits = String(position).length;
      this.#headLength = entryHead(position, '').length + LEAF_CHARS;
      this.#headHoldsTo = 10 ** digits;
    }
    return this.#headLength;
  }
}

/** Base64 of 32 bytes. */
const LEAF_CHARS = 44;
