import { Readable } from 'node:stream';
import type { Visitor } from './visitor.js';

/**
 * Sends lines of JSON to a route and reads its lines, both at once: what is to be sent next may depend on what has been answered.
 * @param sent texts of any number of lines
 * @throws where the answer is no 200
 */
export async function* talkInLines(
  visitor: Visitor,
  url: string,
  sent: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<unknown> {
  const reply = await visitor.send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: Readable.toWeb(Readable.from(bytesOf(sent))) as unknown as ReadableStream,
    duplex: 'half',
  });
  if (!reply.ok || !reply.body) throw new Error(`no lines came: status ${reply.status}`);
  yield* linesOf(reply.body);
}

async function* bytesOf(sent: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Buffer> {
  for await (const text of sent) yield Buffer.from(text);
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as unknown;
  }
  if (rest !== '') throw new Error('the last line was cut off');
}

export function lineOf(entry: unknown): string {
  return `${JSON.stringify(entry)}\n`;
}
