import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReadableStream } from 'node:stream/web';
import { Encrypter } from 'age-encryption';
import { WrongUse } from '../failure.js';

const OWNER_ALONE = 0o600;
const PIECE = 64 * 1024;

/** Who can open a file. @throws {WrongUse} for what is no recipient of age */
export function encrypterTo(recipients: readonly string[]): Encrypter {
  if (recipients.length === 0) throw new WrongUse('say to whom: --to age1…');
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw new WrongUse('--to is a recipient of age: age1…');
    }
  }
  return encrypter;
}

/**
 * Writes lines into a file that its recipients alone can read (age v1). No line is on the disk otherwise, and the file has its
 * name only once it is whole.
 * @param part what it is called until then
 */
export async function sealLines(
  path: string,
  part: string,
  encrypter: Encrypter,
  lines: AsyncIterable<string>,
): Promise<void> {
  try {
    // Its type is that of browsers, which have no such `from`.
    const plain = ReadableStream.from(piecesOf(lines));
    const sealed = (await encrypter.encrypt(plain)) as unknown as ReadableStream<Uint8Array>;
    await pipeline(Readable.fromWeb(sealed), createWriteStream(part, { mode: OWNER_ALONE }));
    await flush(part);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function* piecesOf(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let piece = '';
  for await (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield Buffer.from(piece, 'utf8');
    piece = '';
  }
  yield Buffer.from(piece, 'utf8');
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}
