import { request as httpRequest } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import { person } from '@integument/authz';
import { defineRoute, problem } from '@integument/contracts';
import { createLogger } from '@integument/telemetry';
import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHttpApp, type HttpAppOptions, Implements } from './index.js';
import { CANARY, startTestApp, type TestApp } from './testing/test-app.js';

let app: TestApp;
let auth: Record<string, string>;
beforeAll(async () => {
  app = await startTestApp();
  auth = { authorization: `Bearer ${await app.keys.sign()}` };
});
afterAll(() => app.close());
beforeEach(() => {
  app.refusals.length = 0;
  app.log.length = 0;
  app.refusalsFail = false;
});

async function fail(how: string) {
  const response = await fetch(`${app.base}/v1/fail/${how}`, { headers: auth });
  const text = await response.text();
  expect(text).not.toContain(CANARY);
  expect(app.log.join()).not.toContain(CANARY);
  const { status, code, requestId } = problem.parse(JSON.parse(text));
  return { status, code, requestId, headers: response.headers };
}

describe('a reply holds what its contract declares and nothing else', () => {
  test('an undeclared field does not leave', async () => {
    const response = await fetch(`${app.base}/v1/things/a`, { headers: auth });
    expect(await response.text()).toBe('{"thing":"a","kind":"client"}');
  });

  test('a reply that does not fit is not sent: 500, logged by its request id', async () => {
    const { status, code, requestId } = await fail('mismatch');
    expect([status, code]).toEqual([500, 'server.error']);
    const line = JSON.parse(app.log.at(-1) ?? '') as Record<string, unknown>;
    expect(line).toMatchObject({
      level: 'error',
      requestId,
      route: 'things.fail',
      error: { name: 'ReplyMismatch' },
    });
  });

  test('a declared status and an answer with headers of its own', async () => {
    const response = await fetch(`${app.base}/v1/things`, {
      method: 'POST',
      headers: { ...auth, 'content-type': 'application/json' },
      body: '{"name":"n"}',
    });
    expect([response.status, response.headers.get('x-more'), await response.text()]).toEqual([
      201,
      'yes',
      '{"name":"n"}',
    ]);
  });

  test('a stream may have headers of its own, and a route the rest of a path', async () => {
    const response = await fetch(`${app.base}/v1/files/a/b`);
    expect(await response.text()).toBe('a/b');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('cache-control')).toBe('private, max-age=60');
    expect((await fetch(`${app.base}/v1/files/a/..%2f..%2f7`)).status).toBe(400);
  });

  test('a stream goes out as it is', async () => {
    const response = await fetch(`${app.base}/v1/stream`);
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'application/x-ndjson',
      '{"line":1}\n',
    ]);
  });
});

describe('a failure says what it means and nothing of what caused it', () => {
  test.each([
    ['unforeseen', 500, 'server.error'],
    ['closed', 403, 'permits.closed'],
    ['away', 503, 'server.unavailable'],
    ['malformed', 404, 'request.unknown_id'],
    ['coded', 409, 'things.full'],
  ])('%s', async (how, status, code) => {
    expect(await fail(how)).toMatchObject({ status, code });
  });

  test('headers of a coded error are sent', async () => {
    expect((await fail('coded')).headers.get('retry-after')).toBe('9');
  });
});

describe('no audit, no answer', () => {
  test('a refusal is on record, with the request id of the answer', async () => {
    const { requestId } = await fail('closed');
    expect(app.refusals).toMatchObject([
      { code: 'permits.closed', status: 403, requestId, route: { id: 'things.fail' } },
    ]);
  });

  test('a refusal that brought its own entry has no second one', async () => {
    expect(await fail('recorded')).toMatchObject({ status: 422, code: 'things.few' });
    expect(app.refusals).toEqual([]);
  });

  test('a refusal that cannot be recorded is not given: 503', async () => {
    app.refusalsFail = true;
    expect(await fail('closed')).toMatchObject({ status: 503, code: 'audit.unavailable' });
    expect(await fail('coded')).toMatchObject({ status: 503, code: 'audit.unavailable' });
  });

  test('what fails at our end is no refusal', async () => {
    await fail('unforeseen');
    await fail('away');
    expect(app.refusals).toEqual([]);
  });
});

describe('every answer is closed to browsers', () => {
  test.each(['/v1/things/a', '/v1/none', '/v1/%zz', '/healthz', '/openapi.json'])('%s', async (path) => {
    const { headers } = await fetch(app.base + path, { headers: auth });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toMatch(/^application\/(problem\+)?json; charset=utf-8$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('a request id from outside is not taken over', async () => {
    const { headers } = await fetch(`${app.base}/healthz`, {
      headers: { 'x-request-id': CANARY, 'request-id': CANARY },
    });
    expect(headers.get('x-request-id')).not.toBe(CANARY);
  });
});

describe('long replies are compressed, short ones are not', () => {
  const get = (path: string, encoding: string) =>
    new Promise<{ encoding: string | undefined; body: Buffer }>((resolve, reject) => {
      httpRequest(app.base + path, { headers: { ...auth, 'accept-encoding': encoding } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
        );
      })
        .on('error', reject)
        .end();
    });

  test('brotli before gzip', async () => {
    const { encoding, body } = await get('/v1/fail/long', 'gzip, br');
    expect(encoding).toBe('br');
    expect(brotliDecompressSync(body).toString()).toBe(`{"text":"${'x'.repeat(4_000)}"}`);
    expect((await get('/v1/fail/long', 'gzip')).encoding).toBe('gzip');
    expect((await get('/openapi.json', 'gzip')).encoding).toBe('gzip');
  });

  test('short, or not asked for', async () => {
    expect((await get('/v1/things/a', 'gzip, br')).encoding).toBeUndefined();
    expect((await get('/v1/fail/long', 'identity')).encoding).toBeUndefined();
  });
});

describe('the documents come from the contracts', () => {
  interface Operation {
    operationId: string;
    security: unknown;
    parameters: unknown[];
    responses: Record<string, unknown>;
  }
  interface Document {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { securitySchemes: unknown };
  }

  test('every route is in the OpenAPI document, and nothing else is', async () => {
    const document = (await (await fetch(`${app.base}/openapi.json`)).json()) as Document;
    expect(document.openapi).toBe('3.1.0');
    const documented = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(documented.sort()).toEqual(app.http.contracts.map(({ id }) => id).sort());
    const operation = document.paths['/v1/things/{thing}']?.get;
    expect(operation?.security).toEqual([
      { token: [] },
      { boundToken: [] },
      { session: [] },
      { certificate: [] },
    ]);
    expect(document.components.securitySchemes).toMatchObject({ session: { in: 'cookie', name: 'session' } });
    expect(operation?.parameters).toMatchObject([
      { name: 'thing', in: 'path', required: true },
      { name: 'depth', in: 'query', required: false },
    ]);
    const file = document.paths['/v1/files/{*}']?.get;
    expect(file?.parameters).toMatchObject([{ name: '*', in: 'path', required: true }]);
    expect(file?.responses['200']).toEqual({
      description: 'Done',
      content: { 'application/octet-stream': {} },
    });
  });

  test('/docs runs under a policy of its own', async () => {
    const page = await fetch(`${app.base}/docs/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(await page.text()).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect((await fetch(`${app.base}/docs/json`)).status).toBe(200);
  });
});

describe('an app with a hole does not start', () => {
  const options: HttpAppOptions = {
    logger: createLogger({ service: 'test', level: 'error' }),
    title: 'Test',
    description: 'For tests',
    version: '1',
    publicUrl: 'http://127.0.0.1',
    listener: 'public',
    allowedOrigins: [],
    wire: () => ({
      callers: { resolve: () => person({ id: 'p', session: 's' }) },
      refusals: { refused: () => Promise.resolve(), refusedStranger: () => undefined },
      limits: null,
      rules: null,
      policies: [],
      checks: {},
    }),
  };
  const start = (controller: new () => object) => {
    class Holed {}
    Module({ controllers: [controller] })(Holed);
    return createHttpApp(Holed, options);
  };

  test('a method without a contract', async () => {
    class Open {
      leak() {
        return 'leak';
      }
    }
    Get('/leak')(Open.prototype, 'leak', Object.getOwnPropertyDescriptor(Open.prototype, 'leak') ?? {});
    Controller()(Open);
    await expect(start(Open)).rejects.toThrow('GET /leak implements no contract');
  });

  test('a contract that is for callers but asks for no ability', async () => {
    const loose = defineRoute({
      id: 'x.loose',
      method: 'GET',
      path: '/loose',
      summary: 's',
      tag: 't',
      audience: ['person'],
    });
    @Controller()
    class Loose {
      @Implements(loose)
      loose(): void {}
    }
    await expect(start(Loose)).rejects.toThrow('GET /loose asks for no ability');
  });

  test('a contract that wants a proof of a key, for callers who have none', async () => {
    const keyed = defineRoute({
      id: 'x.keyed',
      method: 'GET',
      path: '/keyed',
      summary: 's',
      tag: 't',
      audience: ['person'],
      ability: { action: 'read', resource: 'Thing' },
      dpop: true,
    });
    @Controller()
    class Keyed {
      @Implements(keyed)
      keyed(): void {}
    }
    await expect(start(Keyed)).rejects.toThrow('GET /keyed wants a key’s proof, and is not for clients');
  });
});

test('while it closes, what is under way is answered whole, and nothing new is taken', async () => {
  const closing = await startTestApp();
  expect((await fetch(`${closing.base}/readyz`)).status).toBe(200);
  const underWay = fetch(`${closing.base}/v1/slow`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = closing.close();
  await expect(fetch(`${closing.base}/healthz`)).rejects.toThrow();
  const response = await underWay;
  expect([response.status, await response.text()]).toEqual([200, '{"done":true}']);
  await closed;
});
