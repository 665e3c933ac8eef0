import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { download } from './download.js';

describe('a download', () => {
  it('makes the next piece only when somebody takes it, and stops when nobody does', async () => {
    let made = 0;
    let ended = false;
    async function* pieces(): AsyncGenerator<string> {
      try {
        for (;;) {
          made += 1;
          yield await Promise.resolve('x'.repeat(100_000));
        }
      } finally {
        ended = true;
      }
    }
    const stream = download(pieces(), { mediaType: 'text/plain' }).getStream();
    const iterator = stream[Symbol.asyncIterator]();
    for (let taken = 0; taken < 5; taken++) await iterator.next();
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(made).toBeLessThan(10);
    stream.destroy();
    await once(stream, 'close');
    await new Promise(setImmediate);
    expect(ended).toBe(true);
  });

  it('sends text and bytes whole', async () => {
    for (const content of ['päge', Buffer.from('päge')]) {
      const pieces: Buffer[] = [];
      for await (const piece of download(content, { mediaType: 'text/plain' }).getStream())
        pieces.push(piece as Buffer);
      expect(Buffer.concat(pieces).toString('utf8')).toBe('päge');
    }
  });

  it('has a name that no header or folder trips over', () => {
    const name = 'integument.local/vault "x"\r\nset-cookie: a=b;é.csv';
    const { disposition } = download('', { mediaType: 'text/csv', name }).getHeaders();
    expect(disposition).toBe('attachment; filename="integument.local-vault-x-set-cookie-a-b-.csv"');
  });
});
