import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FixedClock, proofCount, seededRandom } from '@integument/testing';
import { isWebhookSecret } from '@integument/webhooks';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Follower } from '../sql/follower.js';
import { TestLog } from '../sql/log.fixture.js';
import { HttpTarget } from './http-target.js';
import type { OcsfEvent } from './ocsf.js';
import { siemFollowers } from './siem-followers.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ORIGIN = 'test.example/audit';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Takes whatever comes and remembers it, unless it is told to do something else. */
class Receiver {
  readonly requests: { id: string; positions: number[]; body: string }[] = [];
  genuine = true;
  handler: Handler = (_request, response) => response.writeHead(204).end();
  private server: Server | undefined;
  private port = 0;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        // Not by `verify`, which looks at the wall clock.
        const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
        const signature = new Webhook(SECRET).sign(headers['webhook-id'] ?? '', at, body);
        this.genuine &&= signature === headers['webhook-signature'] && at.getTime() <= clock.now().getTime();
        const positions = body
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as OcsfEvent).metadata.sequence);
        this.requests.push({ id: headers['webhook-id'] ?? '', positions, body });
        this.handler(request, response, body);
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/events`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

let log: TestLog;
let receiver: Receiver;
let clock: FixedClock;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  clock = new FixedClock();
  receiver = new Receiver();
  await receiver.start();
});
afterEach(async () => {
  await receiver.stop();
  expect(receiver.genuine).toBe(true);
});

function feed(): Follower {
  const onError = (error: unknown) => {
    throw error;
  };
  const [one] = siemFollowers(
    { push: { url: receiver.url, secret: SECRET } },
    { unitOfWork: log.unitOfWork, origin: ORIGIN, onError, clock: clock.now },
  );
  return one as Follower;
}

async function grow(count: number): Promise<void> {
  await log.append(...Array.from({ length: count }, (_, n) => n));
  await log.integrator().integrate();
}

const state = async () =>
  (await Follower.states(log.unitOfWork)).find(({ name }) => name === 'siem-http') ?? {
    position: 0,
    failures: 0,
  };
const positions = () => receiver.requests.flatMap((request) => request.positions);
const upTo = (size: number) => Array.from({ length: size }, (_, n) => n);

describe('the HTTP feed', () => {
  it('posts every entry once, signed, in batches that name themselves', async () => {
    await grow(1_200);
    await feed().catchUp();
    expect(positions()).toEqual(upTo(1_200));
    expect(receiver.requests.map(({ id }) => id)).toEqual([
      'test_example/audit:0-499',
      'test_example/audit:500-999',
      'test_example/audit:1000-1199',
    ]);
    expect((await state()).position).toBe(1_200);
  });

  it('keeps a batch under a mebibyte', async () => {
    const big = Buffer.from(
      JSON.stringify({
        v: 1,
        at: '2026-01-15T12:00:00.000Z',
        action: 'a.b',
        outcome: 'done',
        actor: { kind: 'system', id: 'x' },
        details: { text: 'x'.repeat(7_000) },
      }),
    );
    await log.unitOfWork.single((tx) =>
      tx.query('INSERT INTO audit_staging (entry) SELECT $1::bytea FROM generate_series(1, 400)', [big]),
    );
    await log.integrator().integrate();
    await feed().catchUp();
    expect(positions()).toEqual(upTo(400));
    const sizes = receiver.requests.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_048_576);
    expect(sizes.length).toBe(Math.ceil(400 / 142));
  });

  it('shows a hole in the log as an event of its own and goes on', async () => {
    await grow(3);
    await log.tamper('DELETE FROM audit_entry WHERE position = 1');
    await feed().catchUp();
    expect(positions()).toEqual([0, 1, 2]);
    expect(receiver.requests[0]?.body.split('\n')[1]).toContain('audit.entry_missing');
  });

  it('has no gap after its receiver broke off at random moments', async () => {
    const random = seededRandom();
    const one = feed();
    const taken = new Set<number>();
    let size = 0;
    for (let round = 0; round < proofCount(10, 300); round++) {
      const count = 1 + random.below(700);
      await grow(count);
      size += count;
      let left = random.below(3);
      receiver.handler = (request, response) => {
        const last = receiver.requests.at(-1);
        if (left-- > 0) {
          for (const position of last?.positions ?? []) taken.add(position);
          response.writeHead(200).end('thanks');
        } else if (random.chance(0.5)) request.socket.resetAndDestroy();
        else response.writeHead(503).end();
      };
      await one.catchUp().catch(() => undefined);
      const { position } = await state();
      const gaps = upTo(position).filter((n) => !taken.has(n));
      expect(gaps, `seed ${random.seed}, round ${round}`).toEqual([]);
    }
    receiver.handler = (_request, response) => {
      for (const position of receiver.requests.at(-1)?.positions ?? []) taken.add(position);
      response.writeHead(202).end();
    };
    await one.catchUp();
    expect(taken.size).toBe(size);
    expect((await state()).position).toBe(size);
  }, 300_000);

  it('sends a batch that was not taken again under the same name', async () => {
    await grow(3);
    receiver.handler = (_request, response) => response.writeHead(500).end();
    await expect(feed().catchUp()).rejects.toMatchObject({ code: 'push.busy' });
    receiver.handler = (_request, response) => response.writeHead(200).end();
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    await feed().catchUp();
    expect(receiver.requests.map(({ id }) => id)).toEqual(Array(2).fill('test_example/audit:0-2'));
  });

  it.each([
    ['429 with seconds', 429, '120', 120],
    ['503 with seconds', 503, '7', 7],
    ['500 without a word', 500, undefined, 0],
    ['429 that asks for a year', 429, '31536000', 3_600],
    ['404', 404, undefined, 300],
    ['401 with less than that', 401, '10', 300],
    ['400 with nonsense', 400, 'soon', 300],
  ])('leaves the receiver alone after %s', async (_title, status, retryAfter, seconds) => {
    await grow(1);
    receiver.handler = (_request, response) =>
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
    const one = feed();
    await expect(one.catchUp()).rejects.toMatchObject({ name: 'PushUndelivered' });
    receiver.handler = (_request, response) => response.writeHead(200).end();
    if (seconds > 0) {
      clock.advance({ seconds: seconds - 1 });
      await expect(one.catchUp()).rejects.toMatchObject({ code: 'push.waiting' });
      expect(receiver.requests).toHaveLength(1);
      expect(await state()).toMatchObject({ position: 0, failures: 2 });
      clock.advance({ seconds: 1 });
    }
    await one.catchUp();
    expect(await state()).toMatchObject({ position: 1, failures: 0 });
  });

  it('does not follow the receiver elsewhere', async () => {
    await grow(1);
    receiver.handler = (request, response) =>
      response.writeHead(request.url === '/events' ? 307 : 200, { location: '/elsewhere' }).end();
    await expect(feed().catchUp()).rejects.toMatchObject({ code: 'push.redirected' });
    expect(receiver.requests).toHaveLength(1);
    expect((await state()).position).toBe(0);
  });

  it('does not wait for ever', async () => {
    receiver.handler = () => undefined;
    const target = new HttpTarget({ url: receiver.url, secret: SECRET, clock: clock.now, timeoutMs: 100 });
    const sent = target.deliver(
      { id: 'a', body: '{"metadata":{"sequence":0}}\n' },
      new AbortController().signal,
    );
    await expect(sent).rejects.toMatchObject({ code: 'push.unreachable' });
  });
});

describe('a push target', () => {
  it.each(['http://siem.example/in', 'ftp://127.0.0.1/', 'http://127.0.0.1.evil.example/', 'nonsense'])(
    'is refused at %s',
    (url) => {
      expect(() => new HttpTarget({ url, secret: SECRET })).toThrow(TypeError);
    },
  );

  it.each([
    ['', false],
    ['whsec_', false],
    [`whsec_${Buffer.alloc(23).toString('base64')}`, false],
    [`whsec_${Buffer.alloc(24).toString('base64')}`, true],
    [`whsec_${Buffer.alloc(65).toString('base64')}`, false],
    [Buffer.alloc(32).toString('base64'), false],
  ])('with the secret %j: %s', (secret, fits) => {
    expect(isWebhookSecret(secret)).toBe(fits);
  });
});
