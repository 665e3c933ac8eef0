import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

export interface DownloadOptions {
  readonly mediaType: string;
  /** of the saved file; whatever a file name should not have becomes `-` */
  readonly name?: string;
}

/** Sends text or bytes as they come: the next piece is made when the one before is on its way. */
export function download(
  content: string | Uint8Array | AsyncIterable<string>,
  { mediaType, name }: DownloadOptions,
): StreamableFile {
  const whole = typeof content === 'string' || content instanceof Uint8Array;
  const stream = Readable.from(whole ? [Buffer.from(content as Uint8Array)] : content, {
    objectMode: !whole,
    highWaterMark: 1,
  });
  const disposition = name === undefined ? {} : { disposition: `attachment; filename="${fileName(name)}"` };
  return new StreamableFile(stream, { type: mediaType, ...disposition });
}

const fileName = (name: string) => name.replace(/[^A-Za-z0-9._-]+/g, '-');
