import { concat, fromUtf8, isUtf8 } from './primitives.js';

/** Longer than any line of an export: an entry of 8 KiB takes 11 KiB, a note 64 KiB at most. */
const MAX_LINE_BYTES = 400_000;
const LINE_END = 0x0a;

/** A stream does not consist of lines that end in a newline each. */
export class LinesBroken extends Error {
  override readonly name = 'LinesBroken';
}

/** Told of a line: the bytes from `start` up to but without `end`, which is its newline. Valid during the call only. */
export type TakeLine = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Splits UTF-8 that comes in pieces, cut anywhere, into lines, in constant memory and without copying but for the lines that
 * were cut. Strict, so that not one changed byte of an export is forgiven: bad UTF-8, a missing last newline and a line
 * without end are refused, and a carriage return or a byte order mark is part of its line.
 */
export class LineSplitter {
  #cut: Uint8Array[] = [];
  #cutLength = 0;

  constructor(private readonly take: TakeLine) {}

  /** @throws {LinesBroken} */
  push(chunk: Uint8Array): void {
    const start = this.#cutLength > 0 ? this.join(chunk) : 0;
    const end = chunk.lastIndexOf(LINE_END) + 1;
    this.split(chunk, start, end);
    this.keep(chunk, Math.max(start, end));
  }

  /** @throws {LinesBroken} unless the last line has its newline */
  finish(): void {
    if (this.#cutLength > 0) throw new LinesBroken('the last line has no end');
  }

  /** Completes the line that the piece before left. @returns where the next line starts */
  private join(chunk: Uint8Array): number {
    const end = chunk.indexOf(LINE_END);
    if (end < 0) return 0;
    const line = concat(...this.#cut, chunk.subarray(0, end + 1));
    this.#cut = [];
    this.#cutLength = 0;
    this.split(line, 0, line.length);
    return end + 1;
  }

  /** @param end behind a newline */
  private split(chunk: Uint8Array, start: number, end: number): void {
    // All lines at once. If that fails the lines before the broken one still count.
    const isText = isUtf8(chunk.subarray(start, end));
    for (let from = start; from < end; ) {
      const to = chunk.indexOf(LINE_END, from);
      if (!isText && !isUtf8(chunk.subarray(from, to))) throw new LinesBroken('a line is not UTF-8 text');
      this.take(chunk, from, to);
      from = to + 1;
    }
  }

  private keep(chunk: Uint8Array, start: number): void {
    if (start === chunk.length) return;
    // A copy: the rest of a large piece would stay in memory with it, and the giver may use the piece again.
    this.#cut.push(concat(chunk.subarray(start)));
    this.#cutLength += chunk.length - start;
    if (this.#cutLength > MAX_LINE_BYTES)
      throw new LinesBroken('a line is longer than any line of an export');
  }
}

/**
 * Splits a stream of UTF-8 bytes into lines of text without their newline, as {@link LineSplitter} does.
 * @throws {LinesBroken}
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string> {
  let lines: string[] = [];
  const splitter = new LineSplitter((bytes, start, end) => {
    lines.push(fromUtf8(bytes.subarray(start, end)));
  });
  for await (const chunk of chunks) {
    splitter.push(chunk);
    yield* lines;
    lines = [];
  }
  splitter.finish();
}
