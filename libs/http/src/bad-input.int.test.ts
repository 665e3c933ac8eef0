import { connect } from 'node:net';
import { PROBLEM_TYPE, problem } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CANARY, startTestApp, type TestApp } from './testing/test-app.js';

let app: TestApp;
let token: string;
beforeAll(async () => {
  app = await startTestApp();
  token = await app.keys.sign();
});
afterAll(() => app.close());
beforeEach(() => {
  app.refusals.length = 0;
  app.log.length = 0;
});

const json = 'application/json';

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { 'content-type': json },
) {
  return read(
    await fetch(`${app.base}/v1/things`, {
      method: 'POST',
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    }),
  );
}

async function read(response: Response) {
  const text = await response.text();
  expect(response.headers.get('content-type')).toContain(PROBLEM_TYPE);
  const body = problem.parse(JSON.parse(text));
  expect(response.headers.get('x-request-id')).toBe(body.requestId);
  // Whatever was wrong with the request: none of it comes back, and none of it is logged.
  expect(text).not.toContain(CANARY);
  expect(app.log.join()).not.toContain(CANARY);
  return { status: response.status, code: body.code, errors: body.errors };
}

describe('a request that does not fit its contract is refused without an echo', () => {
  const cases: [string, string, { path: string; rule: string }[]][] = [
    ['an unknown field', `{"name":"n","${CANARY}":1}`, [{ path: 'body', rule: 'unrecognized_keys' }]],
    [
      'an unknown field inside',
      `{"name":"n","nested":[{"depth":1,"${CANARY}":2}]}`,
      [{ path: 'body.nested.0', rule: 'unrecognized_keys' }],
    ],
    ['a wrong type', `{"name":{"${CANARY}":1}}`, [{ path: 'body.name', rule: 'invalid_type' }]],
    [
      'a wrong value under a key of its own',
      `{"name":"n","tags":{"${CANARY}":"x"}}`,
      [{ path: 'body.tags.*', rule: 'invalid_type' }],
    ],
    ['no body', '', [{ path: 'body', rule: 'invalid_type' }]],
    ['another kind of JSON', `"${CANARY}"`, [{ path: 'body', rule: 'invalid_type' }]],
  ];
  test.each(cases)('%s', async (_title, body, errors) => {
    expect(await post(body)).toEqual({ status: 400, code: 'request.invalid', errors });
    expect(app.refusals).toMatchObject([
      { code: 'request.invalid', status: 400, route: { id: 'things.change' } },
    ]);
  });

  test('an unknown query parameter, and a body where none is declared', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const query = await read(await fetch(`${app.base}/v1/things/a?${CANARY}=1`, { headers }));
    expect(query).toMatchObject({ status: 400, code: 'request.invalid', errors: [{ path: 'query' }] });
    const poisoned = await read(await fetch(`${app.base}/v1/things/a?__proto__=1`, { headers }));
    expect(poisoned).toMatchObject({ status: 400, errors: [{ path: 'query', rule: 'unrecognized_keys' }] });
    const body = await read(
      await fetch(`${app.base}/v1/open`, { method: 'POST', body: '{}', headers: { 'content-type': json } }),
    );
    expect(body).toMatchObject({ status: 400, errors: [{ path: 'body', rule: 'unexpected' }] });
  });
});

describe('a body that is not plain JSON in UTF-8 is refused at the door', () => {
  const cases: [string, string | Uint8Array<ArrayBuffer>, number, string][] = [
    ['__proto__', `{"name":"n","__proto__":{"${CANARY}":1}}`, 400, 'request.json'],
    ['an escaped __proto__', `{"name":"n","\\u005f_proto__":{"a":1}}`, 400, 'request.json'],
    ['constructor.prototype', `{"name":"n","constructor":{"prototype":{"a":1}}}`, 400, 'request.json'],
    ['broken JSON', `{"name":"${CANARY}`, 400, 'request.json'],
    ['bad UTF-8', new Uint8Array([0x22, 0xc3, 0x28, 0x22]), 400, 'request.encoding'],
    ['a surrogate in UTF-8', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 400, 'request.encoding'],
    ['more than the route takes', `{"name":"${CANARY.repeat(300)}"}`, 413, 'request.too_large'],
  ];
  test.each(cases)('%s', async (_title, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, code });
    expect(app.refusals).toMatchObject([{ code, caller: { clientId: 'shop' } }]);
  });

  const types: [string][] = [
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/merge-patch+json'],
    ['application/json; charset=latin1'],
    [CANARY],
  ];
  test.each(types)('the type %s', async (type) => {
    expect(await post('{"name":"n"}', { 'content-type': type })).toMatchObject({
      status: 415,
      code: 'request.media_type',
    });
  });

  test('a compressed body', async () => {
    const reply = await post('{"name":"n"}', { 'content-type': json, 'content-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 415, code: 'request.media_type' });
  });
});

describe('what Fastify refuses by itself comes out the same way', () => {
  test.each([
    ['a broken escape', `/v1/%zz${CANARY}`, 400, 'request.malformed'],
    ['a parameter without end', `/v1/things/${CANARY.repeat(40)}`, 414, 'request.uri_too_long'],
    ['an unknown address', `/v1/${CANARY}`, 404, 'request.unknown_route'],
  ])('%s', async (_title, path, status, code) => {
    const response = await fetch(app.base + path, { headers: { authorization: `Bearer ${token}` } });
    expect(await read(response)).toMatchObject({ status, code });
  });

  test('bytes that are not HTTP', async () => {
    const answer = await raw(`${CANARY}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('"code":"request.malformed"');
    expect(answer).not.toContain(CANARY);
  });

  test('headers without end', async () => {
    const answer = await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: ${CANARY.repeat(5_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(answer).toContain('"code":"request.headers_too_large"');
  });

  test('a body longer or shorter than announced', async () => {
    const head = `POST /v1/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: ${json}\r\n`;
    const answer = await raw(`${head}content-length: 4\r\n\r\n{"name":"n"}`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).not.toContain('"name"');
  });

  // Where a proxy in front ends the request at one of them and we at the other, the rest is read as somebody's next request.
  test('a body whose end is said in two ways, twice or unclearly', async () => {
    const head = `POST /v1/things HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: ${json}\r\n`;
    for (const framing of [
      'content-length: 12\r\ntransfer-encoding: chunked',
      'content-length: 12\r\ncontent-length: 4',
      'content-length: 12, 12',
      'content-length: +12',
      'content-length: 12\r\ntransfer-encoding: identity',
      'transfer-encoding: chunked, identity',
      'transfer-encoding : chunked',
    ]) {
      const answer = await raw(`${head}${framing}\r\n\r\n{"name":"n"}`);
      expect([framing, answer.split('\r\n')[0]]).toEqual([
        framing,
        expect.stringMatching(/^HTTP\/1.1 40\d /),
      ]);
      expect(answer.match(/HTTP\/1.1 /g)).toHaveLength(1);
    }
  });
});

function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(app.base);
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk) => {
      answer += chunk.toString('utf8');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
