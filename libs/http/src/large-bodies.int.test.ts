import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundLargeBodies } from './large-bodies.js';

const MB = 1024 * 1024;
const MOST = 3 * MB;

let server: FastifyInstance;
let port: number;
beforeEach(async () => {
  server = fastify({ bodyLimit: 2 * MB });
  boundLargeBodies(server, MOST);
  server.addContentTypeParser('text/plain', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  server.post('/', (sent) => ({ bytes: (sent.body as Buffer).length }));
  await server.listen({ port: 0, host: '127.0.0.1' });
  port = (server.server.address() as AddressInfo).port;
});
afterEach(() => server.close());

function begin(headers: Record<string, string | number>): ClientRequest {
  const sent = request({ port, method: 'POST', headers: { 'content-type': 'text/plain', ...headers } });
  sent.on('error', () => undefined);
  sent.flushHeaders();
  return sent;
}

async function answer(sent: ClientRequest): Promise<{ status?: number; retryAfter?: string }> {
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  reply.resume();
  return { status: reply.statusCode, retryAfter: reply.headers['retry-after'] };
}

const whole = (bytes: number) => {
  const sent = begin({ 'content-length': bytes });
  sent.end(Buffer.alloc(bytes));
  return answer(sent);
};

/** Begun and looked at: the server waits for its body. */
async function underWay(headers: Record<string, string | number>) {
  const seen = once(server.server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const sent = begin(headers);
  const [, reply] = await seen;
  return { sent, reply };
}

it('lets go on what has room, and refuses what has none until there is', async () => {
  const { sent } = await underWay({ 'content-length': 2 * MB });
  expect(await whole(2 * MB)).toEqual({ status: 503, retryAfter: '2' });
  expect(await whole(MB)).toMatchObject({ status: 200 });
  sent.end(Buffer.alloc(2 * MB));
  expect(await answer(sent)).toMatchObject({ status: 200 });
  expect(await whole(2 * MB)).toMatchObject({ status: 200 });
});

it('gives back what a connection took that is gone', async () => {
  const { sent, reply } = await underWay({ 'content-length': 2 * MB });
  sent.destroy();
  await once(reply, 'close');
  expect(await whole(2 * MB)).toMatchObject({ status: 200 });
});

it('counts a body of unknown length as the longest that there may be', async () => {
  const { sent } = await underWay({ 'transfer-encoding': 'chunked' });
  expect(await whole(2 * MB)).toMatchObject({ status: 503 });
  sent.end('x');
  expect(await answer(sent)).toMatchObject({ status: 200 });
});

it('counts no short ones, nor what is too long for its route', async () => {
  const others = [await underWay({ 'content-length': 2 * MB }), await underWay({ 'content-length': MB })];
  expect(await whole(60_000)).toMatchObject({ status: 200 });
  expect(await whole(2 * MB + 1)).toMatchObject({ status: 413 });
  for (const { sent } of others) sent.destroy();
});
