import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from './connection.js';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
const CREATED = 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\nx: y\r\n\r\nhello';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers each request by what the test says. */
async function answering(answer: (socket: Socket) => unknown): Promise<Connection> {
  server = createServer((socket) => socket.on('data', () => void answer(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Connection.open((server.address() as { port: number }).port);
}

describe('a load connection', () => {
  it('is free for the next request once an answer has come to its last byte, however it was cut', async () => {
    let whole = false;
    const connection = await answering(async (socket) => {
      whole = false;
      for (const piece of [CREATED.slice(0, 20), CREATED.slice(20, -3), CREATED.slice(-3)]) {
        await sleep(20);
        whole = piece.endsWith('llo');
        socket.write(piece);
      }
    });
    for (let turn = 0; turn < 3; turn++) {
      expect(await connection.send(REQUEST)).toBe(201);
      expect(whole).toBe(true);
    }
    connection.close();
  });

  it('fails when the server closes it or does not say how long its answer is', async () => {
    const closed = await answering((socket) => socket.end());
    await expect(closed.send(REQUEST)).rejects.toThrow('closed');
    const endless = await answering((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    await expect(endless.send(REQUEST)).rejects.toThrow('Content-Length');
    endless.close();
  });
});
