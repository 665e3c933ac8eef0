import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { client } from '@integument/authz';
import { CodedError, defineRoute } from '@integument/contracts';
import { createLogger } from '@integument/telemetry';
import { Controller, Module } from '@nestjs/common';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type BodyLine, BodyLines, createHttpApp, download, type HttpApp, Implements } from './index.js';
import { Lease } from './leases/lease.js';
import { SILENCE_MS } from './without-silence.js';

const common = { tag: 'Tests', audience: ['identity-client'] as const, method: 'POST' as const };
const echo = defineRoute({
  ...common,
  id: 'service.echo',
  path: '/v1/echo',
  summary: 'Says what came',
  ability: { action: 'ping', resource: 'Service' },
  lines: true,
  media: ['application/x-ndjson'],
});
const ping = defineRoute({
  ...common,
  id: 'service.ping',
  path: '/v1/ping',
  summary: 'For tests',
  ability: { action: 'ping', resource: 'Service' },
  body: z.strictObject({}),
});

@Controller()
class EchoController {
  @Implements(echo)
  echo(@BodyLines() lines: AsyncIterable<BodyLine[]>) {
    return download(said(lines), { mediaType: 'application/x-ndjson' });
  }

  @Implements(ping)
  ping() {
    return undefined;
  }
}

async function* said(lines: AsyncIterable<BodyLine[]>): AsyncGenerator<string> {
  try {
    for await (const some of lines) {
      const texts = some.map((line) =>
        'value' in line ? { value: line.value } : { code: line.refusal.code },
      );
      yield texts.map((text) => `${JSON.stringify(text)}\n`).join('');
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    // As an entry of the audit log does: long enough for the request to have taken longer than others may.
    const until = performance.now() + 2 * SLOW_MS;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    yield `${JSON.stringify({ end: error.code })}\n`;
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

const SLOW_MS = 60;
let isKnown: boolean;
let http: HttpApp;
let port: number;
beforeAll(async () => {
  const clocks = { steady: () => performance.now(), wall: () => Date.now() };
  http = await createHttpApp(EchoModule, {
    logger: createLogger({ service: 'test', level: 'error' }),
    title: 'Test',
    description: 'For tests',
    version: '1',
    publicUrl: 'http://vault.test',
    listener: 'public',
    allowedOrigins: [],
    wire: () => ({
      callers: {
        resolve: (asked) => {
          if (!isKnown) return null;
          asked.lease = new Lease(clocks, 20);
          return client({ clientId: 'shop', use: 'identity' });
        },
      },
      refusals: { refused: () => Promise.resolve(), refusedStranger: () => undefined },
      limits: null,
      rules: null,
      policies: [(can) => can('ping', 'Service')],
      checks: {},
    }),
  });
  // As if half a minute were this short: only what is never allowed to take longer ends by it.
  Object.assign(http.app.getHttpServer() as object, {
    headersTimeout: SLOW_MS,
    requestTimeout: SLOW_MS,
    connectionsCheckingInterval: 10,
  });
  port = await http.listen(0, '127.0.0.1');
});
afterAll(() => http.close());
beforeEach(() => {
  isKnown = true;
});
afterEach(() => {
  vi.useRealTimers();
});

const NDJSON = { 'content-type': 'application/x-ndjson' };

function begin(path = '/v1/echo', headers: object = NDJSON): ClientRequest {
  const begun = request({ port, path, method: 'POST', headers: { ...headers } });
  begun.on('error', () => undefined);
  return begun;
}

async function answerTo(begun: ClientRequest): Promise<{ status: number; text: string }> {
  const [reply] = (await once(begun, 'response')) as [import('node:http').IncomingMessage];
  let text = '';
  for await (const chunk of reply) text += String(chunk);
  return { status: reply.statusCode ?? 0, text };
}

async function echoed(pieces: readonly (Buffer | string)[]): Promise<unknown[]> {
  const begun = begin();
  const answer = answerTo(begun);
  for (const piece of pieces) begun.write(piece);
  begun.end();
  const { text } = await answer;
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

/** So many are set, of those that the test holds still. */
async function timers(count: number): Promise<void> {
  while (vi.getTimerCount() !== count) await new Promise((resolve) => setImmediate(resolve));
}

describe('a body of lines', () => {
  it('is read the same wherever it is cut', async () => {
    const values = ['é', '🧴', { a: [1, 'x\\ny'] }, 'z'.repeat(300)];
    const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\r\n\n`).join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const ends = [...cuts.sort((one, other) => one - other), bytes.length];
        const pieces = ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
        expect(await echoed(pieces.filter(({ length }) => length > 0))).toEqual(
          values.map((value) => ({ value })),
        );
      }),
      { numRuns: 25 },
    );
  });

  it('needs no newline at its end', async () => {
    expect(await echoed(['1\n2'])).toEqual([{ value: 1 }, { value: 2 }]);
  });

  it('says of a line that is no JSON that it is none, and goes on', async () => {
    const lines = ['1', '{"a"', Buffer.from([0x22, 0xff, 0x22]), '{"__proto__":{}}', '2'];
    const bytes = Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')])));
    expect(await echoed([bytes])).toEqual([
      { value: 1 },
      { code: 'request.json' },
      { code: 'request.encoding' },
      { code: 'request.json' },
      { value: 2 },
    ]);
  });

  it('ends at a line that is too long, whole or not', async () => {
    const long = `"${'x'.repeat(70_000)}"`;
    expect(await echoed(['1\n', `${long}\n2\n`])).toContainEqual({ end: 'request.line_too_long' });
    expect(await echoed([long, long, long])).toEqual([{ end: 'request.line_too_long' }]);
    // On the same connection, behind what nobody has read.
    expect(await echoed(['1\n'])).toEqual([{ value: 1 }]);
  });

  it('is answered while it comes, however long that takes', async () => {
    const begun = begin();
    const answer = answerTo(begun);
    for (let n = 0; n < 6; n++) {
      begun.write(`${n}\n`);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS / 2));
    }
    begun.end();
    const { status, text } = await answer;
    expect([status, text.split('\n').length]).toEqual([200, 7]);
  });

  it('ends by silence with a line that says so, and with its connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const begun = begin();
    const answer = answerTo(begun);
    begun.write('1\n');
    const [reply] = (await once(begun, 'response')) as [import('node:http').IncomingMessage];
    const ended = once(reply.socket, 'close');
    await timers(1);
    vi.advanceTimersByTime(SILENCE_MS);
    expect((await answer).text).toBe('{"value":1}\n{"end":"request.silent"}\n');
    // The rest of the body may still come, for a little while.
    await timers(1);
    vi.runOnlyPendingTimers();
    await ended;
    await timers(0);
  });

  it('goes no further once its sender is nobody any more', async () => {
    const begun = begin();
    const answer = answerTo(begun);
    begun.write('1\n');
    await once(begun, 'response');
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS / 2));
    isKnown = false;
    begun.write('2\n');
    begun.end();
    expect((await answer).text).toBe('{"value":1}\n{"end":"auth.required"}\n');
  });
});

it('another body still has to be there in time', async () => {
  const begun = begin('/v1/ping', { 'content-type': 'application/json', 'content-length': 2 });
  const answer = answerTo(begun);
  begun.write('{');
  expect((await answer).status).toBe(408);
});

it.each([
  ['/v1/ping', NDJSON, '{}\n'],
  ['/v1/echo', { 'content-type': 'application/json' }, '{}'],
  ['/v1/echo', { ...NDJSON, 'content-encoding': 'gzip' }, '1\n'],
])('%s takes no %o', async (path, headers, body) => {
  const begun = begin(path, headers);
  const answer = answerTo(begun);
  begun.end(body);
  expect((await answer).status).toBe(415);
});
