import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTokens, revealTokens } from '@integument/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT } from './failure.js';
import { Interruption } from './interruption.js';
import { VaultClient } from './vault-client.js';

type Answer = (request: IncomingMessage, reply: ServerResponse) => void;

/** A provider and a vault in one, which answers as it is told: what the real ones do only when something is wrong. */
class StandIn {
  readonly seen: { key: string | undefined; token: string | undefined; body: string }[] = [];
  tokens = 0;
  server: Server | undefined;
  #answers: Answer[] = [];

  /** @param port the same again, after it was away */
  async listen(port = 0): Promise<void> {
    this.server = createServer((request, reply) => void this.answer(request, reply));
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
  }

  /** @returns where it was */
  async goAway(): Promise<number> {
    const { port } = new URL(this.url);
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
    return Number(port);
  }

  async start(answers: Answer[]): Promise<VaultClient> {
    this.#answers = answers;
    await this.listen();
    return VaultClient.enter(
      { vault: new URL(this.url), issuer: new URL(this.url), clientId: 'shop', clientSecret: 'secret' },
      this.interruption,
    );
  }
  readonly interruption = new Interruption();

  get url(): string {
    const { port = 0 } = (this.server?.address() ?? {}) as Partial<AddressInfo>;
    return `http://127.0.0.1:${port}`;
  }

  private async answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    if (request.url === '/.well-known/openid-configuration') {
      return json(reply, 200, { issuer: `${this.url}`, token_endpoint: `${this.url}/token` });
    }
    const body = await text(request);
    if (request.url === '/token') {
      return json(reply, 200, { access_token: `t${++this.tokens}`, token_type: 'bearer', expires_in: 600 });
    }
    const { 'idempotency-key': key, authorization: token } = request.headers;
    this.seen.push({ key: key as string | undefined, token, body });
    this.#answers.shift()?.(request, reply);
  }
}

function json(
  reply: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  reply.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
}

const problem =
  (status: number, code: string, headers = {}): Answer =>
  (_, reply) =>
    json(reply, status, { type: 'x', title: 'x', status, code, detail: 'canary', requestId: 'x' }, headers);
const done: Answer = (_, reply) => json(reply, 200, { made: 1, refused: 0, results: [{ token: 'tok_1' }] });
const call = { body: '{"values":[{}]}', idempotencyKey: 'k'.repeat(16) };

describe('a call to the vault', () => {
  let standIn = new StandIn();
  afterEach(() => {
    standIn.server?.closeAllConnections();
    standIn.server?.close();
    standIn = new StandIn();
  });

  it('waits as long as it is told to at 429 and 503, and sends the same again', async () => {
    const client = await standIn.start([
      problem(429, 'request.rate_limited', { 'retry-after': '1' }),
      problem(503, 'keyring.unavailable', { 'retry-after': '1' }),
      done,
    ]);
    const began = Date.now();
    expect((await client.call(makeTokens, call)).results).toEqual([{ token: 'tok_1' }]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_990);
    expect(new Set(standIn.seen.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(standIn.seen).toHaveLength(3);
  });

  it('gets a new access token at 401, once', async () => {
    const challenged = problem(401, 'auth.required', { 'www-authenticate': 'Bearer error="invalid_token"' });
    const client = await standIn.start([challenged, done, challenged, challenged]);
    await client.call(makeTokens, call);
    expect(standIn.seen.map(({ token }) => token)).toEqual(['Bearer t1', 'Bearer t2']);
    await expect(client.call(makeTokens, call)).rejects.toThrow('status 401 (auth.required)');
    expect(standIn.tokens).toBe(3);
  });

  it('waits for a vault that is away, whether nobody is there or a proxy says so', async () => {
    const proxy = (status: number): Answer => problem(status, '', { 'retry-after': '1' });
    const client = await standIn.start([proxy(502), proxy(504), done, done]);
    expect((await client.call(makeTokens, call)).made).toBe(1);
    expect(standIn.seen).toHaveLength(3);
    const port = await standIn.goAway();
    const made = client.call(makeTokens, call);
    await sleep(5_000);
    await standIn.listen(port);
    expect((await made).made).toBe(1);
  });

  it('is not sent again once it may have been received, if it is to be done once', async () => {
    const broken: Answer = (request) => request.socket.destroy();
    const once = { body: '{}', once: true };
    const told: Answer = (_, reply) => json(reply, 200, { revealed: 0, refused: 0, results: [] });
    const client = await standIn.start([
      broken,
      problem(504, ''),
      problem(503, 'x', { 'retry-after': '1' }),
      told,
    ]);
    await expect(client.call(revealTokens, once)).rejects.toThrow('tokens.reveal_batch may have been done');
    await expect(client.call(revealTokens, once)).rejects.toThrow('status 504');
    expect(standIn.seen).toHaveLength(2);
    expect((await client.call(revealTokens, once)).results).toEqual([]);
  });

  it('is made again over a connection that broke', async () => {
    const broken: Answer = (request) => request.socket.destroy();
    const client = await standIn.start([broken, broken, done]);
    expect((await client.call(makeTokens, call)).made).toBe(1);
    expect(standIn.seen.map(({ key }) => key)).toEqual(Array.from({ length: 3 }, () => call.idempotencyKey));
  });

  it('stops at anything else, and says what it was without what it was about', async () => {
    const nonsense: Answer = (_, reply) => json(reply, 200, { canary: 1 });
    const html: Answer = (_, reply) => reply.writeHead(500).end('<p>canary</p>');
    const client = await standIn.start([problem(409, 'idempotency.mismatch'), nonsense, html]);
    const said: string[] = [];
    for (let n = 0; n < 3; n++) said.push(await client.call(makeTokens, call).then(String, String));
    expect(said).toEqual([
      'Failure: tokens.make_batch was answered with status 409 (idempotency.mismatch)',
      'Failure: tokens.make_batch: the answer is none of this vault’s',
      'Failure: tokens.make_batch was answered with status 500',
    ]);
  });

  it('ends while it waits when somebody wants it to', async () => {
    const client = await standIn.start([problem(503, 'audit.stalled', { 'retry-after': '60' })]);
    setTimeout(() => standIn.interruption.ask(), 50);
    await expect(client.call(makeTokens, call)).rejects.toMatchObject({ exit: EXIT.interrupted });
  });
});
