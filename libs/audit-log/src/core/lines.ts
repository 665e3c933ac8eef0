/** Longer than any line of an export: an entry of 8 KiB takes 11 KiB, a note 64 KiB at most. */
const MAX_LINE_CHARS = 200_000;

/** A stream does not consist of text lines that end in a newline each. */
export class LinesBroken extends Error {
  override readonly name = 'LinesBroken';
}

/**
 * Splits a stream of UTF-8 bytes into lines without their newline, in constant memory.
 * Strict, so that not one changed byte of an export is forgiven: bad UTF-8, a missing last newline and a line without
 * end are refused, and a carriage return is part of the line.
 * @throws {LinesBroken}
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // A byte order mark would be dropped in silence otherwise.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decode(decoder, chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARS) throw new LinesBroken('a line is longer than any line of an export');
    yield* lines;
  }
  if (rest + decode(decoder) !== '') throw new LinesBroken('the last line has no end');
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch (cause) {
    throw new LinesBroken('a line is not UTF-8 text', { cause });
  }
}
