import { createHmac, createPublicKey, type JsonWebKey } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { client } from '@integument/authz';
import { problem } from '@integument/contracts';
import { type JWTPayload, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BearerTokens, DpopProofs } from './index.js';
import { AUDIENCE, ISSUER, KeyServer } from './testing/key-server.js';
import { marksInMemory, PUBLIC_URL, startTestApp, type TestApp, WEB } from './testing/test-app.js';

const proofs = new DpopProofs({ publicUrl: PUBLIC_URL, marks: marksInMemory() });
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => {
  app.refusals.length = 0;
  app.clockOffset = 0;
});

type Headers = Record<string, string>;

async function ask(method: string, path: string, headers: Headers = {}, body?: unknown) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const type: Headers = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(app.base + path, { method, headers: { ...type, ...headers }, ...init });
  const text = await response.text();
  const code = response.ok || text === '' ? undefined : problem.parse(JSON.parse(text)).code;
  return { status: response.status, code, headers: response.headers, text };
}

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const look = (headers: Headers) => ask('GET', '/v1/things/a', headers);

describe('a token is accepted only whole, genuine, ours and in time', () => {
  test('a good token names its client', async () => {
    const reply = await look(bearer(await app.keys.sign()));
    expect(reply.status).toBe(200);
    expect(reply.text).toBe('{"thing":"a","kind":"client"}');
  });

  const now = Math.floor(Date.now() / 1_000);
  const claims: [string, JWTPayload, Record<string, unknown>][] = [
    ['expired', { exp: now - 1 }, {}],
    ['without expiry', { exp: undefined }, {}],
    ['not yet valid', { nbf: now + 600 }, {}],
    ['of another issuer', { iss: 'http://evil.test' }, {}],
    ['for another audience', { aud: 'urn:integument:other' }, {}],
    ['for several audiences', { aud: [AUDIENCE, 'urn:integument:other'] }, {}],
    ['without an audience', { aud: undefined }, {}],
    ['of a client nobody knows', { client_id: 'nobody' }, {}],
    ['without a client', { client_id: undefined }, {}],
    ['that a person got through the client', { sub: 'somebody' }, {}],
    ['of a client named like a prototype', { client_id: '__proto__' }, {}],
    ['of another type (an id token)', {}, { typ: 'JWT' }],
    ['without a type', {}, { typ: undefined }],
    ['by an unknown key', {}, { kid: 'two' }],
    ['by an algorithm that is not allowed', {}, { alg: 'RS384', kid: 'weak' }],
  ];
  test.each(claims)('%s', async (_title, wrong, header) => {
    const token = await app.keys.sign(wrong, header);
    const reply = await look(bearer(token));
    expect([reply.status, reply.code]).toEqual([401, 'auth.required']);
    expect(reply.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    // Noise of strangers is no entry in the audit log each: it is counted.
    expect([app.refusals, app.strangers.splice(0)]).toEqual([[], ['things.look auth.required']]);
  });

  test('unsigned (alg none)', async () => {
    const token = new UnsecuredJWT({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'shop',
      client_id: 'shop',
      exp: now + 60,
    }).encode();
    const parts = token.split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      const header = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
      expect((await look(bearer(`${header}.${parts[1]}.`))).status).toBe(401);
    }
  });

  test('signed by HMAC with the public key as the secret (CVE-2015-9235)', async () => {
    const pem = createPublicKey({ key: app.keys.publicJwk as JsonWebKey, format: 'jwk' }).export({
      type: 'spki',
      format: 'pem',
    });
    const payload = (await app.keys.sign()).split('.')[1];
    for (const secret of [pem, JSON.stringify(app.keys.publicJwk)]) {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })).toString(
        'base64url',
      );
      const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url');
      expect((await look(bearer(`${header}.${payload}.${signature}`))).status).toBe(401);
    }
  });

  test('with the key or its address in its own header', async () => {
    const evil = { jku: 'http://127.0.0.1:1/jwks', jwk: app.keys.publicJwk, kid: 'evil' };
    expect((await look(bearer(await app.keys.sign({}, evil)))).status).toBe(401);
  });

  test('one changed bit of the signature, also of a token that was accepted before', async () => {
    const token = await app.keys.sign();
    expect((await look(bearer(token))).status).toBe(200);
    const at = token.lastIndexOf('.') + 10;
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    expect((await look(bearer(changed))).status).toBe(401);
    expect((await look(bearer(token))).status).toBe(200);
  });

  test('another scheme, nothing, too much', async () => {
    for (const authorization of ['Basic c2hvcDpzaG9w', 'Bearer', 'Bearer ', `Bearer ${'a'.repeat(9_000)}`]) {
      expect((await look({ authorization })).status).toBe(401);
    }
    const none = await look({});
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer, DPoP algs="ES256 EdDSA Ed25519"',
    ]);
  });

  test('a bad token is not helped by a good cookie', async () => {
    expect((await look({ ...bearer('bad'), cookie: 'session=anna' })).status).toBe(401);
  });

  test('an accepted token ends with its expiry, remembered or not', async () => {
    const token = await app.keys.sign({ exp: Math.floor(Date.now() / 1_000) + 30 });
    expect((await look(bearer(token))).status).toBe(200);
    for (const [offset, status] of [
      [28_000, 200],
      [31_000, 401],
      [28_000, 200],
    ] as const) {
      app.clockOffset = offset;
      expect((await look(bearer(token))).status).toBe(status);
    }
  });

  test('an accepted token is believed without a look at its signature for a minute, and its client never is', async () => {
    let offset = 0;
    let suspended = false;
    const shop = client({ clientId: 'shop', use: 'identity' });
    const tokens = new BearerTokens({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl: app.keys.url,
      proofs,
      now: () => Date.now() + offset,
      callerOf: () => (suspended ? null : shop),
    });
    const request = { headers: bearer(await app.keys.sign()) } as never;
    expect(await tokens.resolve(request)).toBe(shop);
    for (offset of [0, 1_500, 59_000]) expect(tokens.resolve(request)).toBe(shop);
    offset = 61_000;
    const again = tokens.resolve(request);
    expect(again).toBeInstanceOf(Promise);
    expect(await again).toBe(shop);
    suspended = true;
    expect(() => tokens.resolve(request)).toThrow('auth.required');
  });
});

describe('a known caller may do only what the route and a policy allow', () => {
  test('a route for others: 403, on record', async () => {
    const reply = await ask(
      'GET',
      '/v1/things/a',
      bearer(await app.keys.sign({ sub: 'skin', client_id: 'skin' })),
    );
    expect([reply.status, reply.code]).toEqual([403, 'auth.forbidden']);
    expect(app.refusals).toMatchObject([
      { code: 'auth.forbidden', route: { id: 'things.look' }, caller: { clientId: 'skin' } },
    ]);
  });

  test('an ability nobody granted: 403', async () => {
    const reply = await ask('DELETE', '/v1/things/quiet', bearer(await app.keys.sign()));
    expect([reply.status, reply.code]).toEqual([403, 'auth.forbidden']);
    expect(app.refusals).toEqual([]);
  });

  test('staff without the grant that a person has', async () => {
    const headers = { cookie: 'session=olivia', origin: WEB };
    expect((await ask('GET', '/v1/things/a', headers)).status).toBe(200);
    expect((await ask('POST', '/v1/things', headers, { name: 'n' })).status).toBe(403);
  });

  test('the body of a stranger or a forbidden caller is not even read', async () => {
    const reply = await ask('POST', '/v1/things', {}, { name: 'x'.repeat(5_000) });
    expect(reply.status).toBe(401);
  });

  test('a public route knows whom it addresses, and nobody else', async () => {
    const kind = async (headers: Headers) => (await ask('GET', '/v1/who', headers)).text;
    expect(await kind({})).toBe('{"kind":null}');
    expect(await kind({ cookie: 'session=anna' })).toBe('{"kind":"person"}');
    expect(await kind(bearer(await app.keys.sign()))).toBe('{"kind":null}');
  });

  test('a caller known without I/O is on record for an unknown address, too', async () => {
    expect((await ask('GET', '/internal/identity', { 'x-test-certificate': 'api' })).status).toBe(404);
    expect(app.refusals).toMatchObject([
      { code: 'request.unknown_route', route: null, caller: { name: 'api' } },
    ]);
    app.refusals.length = 0;
    await ask('GET', '/internal/identity', { cookie: 'session=anna' });
    expect(app.refusals).toEqual([]);
  });
});

describe('no way leads round the guard', () => {
  test.each([
    '/v1/%74hings/a',
    '//v1/things/a',
    '/v1//things/a',
    '/v1/./things/a',
    '/v1/x/../things/a',
    '/v1/things/a/',
    '/V1/things/a',
    '/v1/things/a;x=1',
    '/v1/things/%2e%2e/things/a',
    '/v1/things/',
  ])('%s', async (path) => {
    const { status } = await ask('GET', path);
    expect([401, 404]).toContain(status);
  });

  test.each(['HEAD', 'OPTIONS', 'PUT', 'PATCH'])('%s, which no contract declares', async (method) => {
    expect((await ask(method, '/v1/things/a', bearer(await app.keys.sign()))).status).toBe(404);
  });

  test('a method given in a header is not believed', async () => {
    const headers = { ...bearer(await app.keys.sign()), 'x-http-method-override': 'DELETE' };
    expect((await ask('GET', '/v1/things/quiet', headers)).status).toBe(200);
  });
});

describe('an unsafe request with a cookie must come from a page of ours', () => {
  const send = (headers: Headers) =>
    ask('POST', '/v1/things', { cookie: 'session=anna', ...headers }, { name: 'n' });

  test('from the web app', async () => {
    expect((await send({ origin: WEB })).status).toBe(201);
    expect((await send({ origin: 'http://api.test' })).status).toBe(201);
  });

  test.each([['http://evil.test'], ['null'], [`${WEB}.evil.test`], ['http://WEB.test'], ['']])(
    'not from %s',
    async (origin) => {
      const reply = await send({ origin });
      expect([reply.status, reply.code]).toEqual([403, 'auth.origin']);
      expect(app.refusals).toMatchObject([{ code: 'auth.origin', caller: { kind: 'person' } }]);
    },
  );

  test('nor from nowhere, though a safe one may', async () => {
    expect((await send({})).code).toBe('auth.origin');
    expect((await ask('GET', '/v1/things/a', { cookie: 'session=anna' })).status).toBe(200);
  });

  test('a program with a token needs none, but may not lend itself to a foreign page', async () => {
    const token = bearer(await app.keys.sign());
    expect((await ask('POST', '/v1/things', token, { name: 'n' })).status).toBe(201);
    expect(
      (await ask('POST', '/v1/things', { ...token, origin: 'http://evil.test' }, { name: 'n' })).status,
    ).toBe(403);
  });

  test('a public route that makes a session is not open to foreign pages', async () => {
    expect((await ask('POST', '/v1/open')).status).toBe(200);
    expect((await ask('POST', '/v1/open', { origin: 'http://evil.test' })).code).toBe('auth.origin');
  });

  test('only the web app may read the answers', async () => {
    const ours = await ask('GET', '/v1/who', { origin: WEB });
    expect(ours.headers.get('access-control-allow-origin')).toBe(WEB);
    expect(ours.headers.get('access-control-allow-credentials')).toBe('true');
    const theirs = await ask('GET', '/v1/who', { origin: 'http://evil.test' });
    expect(theirs.headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await ask('OPTIONS', '/v1/things', {
      origin: WEB,
      'access-control-request-method': 'POST',
    });
    expect(preflight.status).toBe(204);
    const foreign = await ask('OPTIONS', '/v1/things', {
      origin: 'http://evil.test',
      'access-control-request-method': 'POST',
    });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});

test("keys that cannot be fetched are our failure, not the caller's, and open nothing", async () => {
  const broken = createServer((_request, response) => response.writeHead(500).end('no'));
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  for (const jwksUrl of [
    `http://127.0.0.1:${(broken.address() as AddressInfo).port}`,
    'http://127.0.0.1:1',
  ]) {
    const tokens = new BearerTokens({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUrl,
      proofs,
      callerOf: () => null,
    });
    const request = { headers: bearer(await app.keys.sign()) } as never;
    await expect(tokens.resolve(request)).rejects.toMatchObject({ code: 'auth.unavailable', status: 503 });
  }
  broken.close();
});

test('a token with an invented key id does not make us forget the keys while the provider is away', async () => {
  const keys = await KeyServer.start();
  let offset = 0;
  const shop = client({ clientId: 'shop', use: 'identity' });
  const tokens = new BearerTokens({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl: keys.url,
    proofs,
    now: () => Date.now() + offset,
    callerOf: () => shop,
  });
  const good = { headers: bearer(await keys.sign()) } as never;
  const invented = { headers: bearer(await keys.sign({}, { kid: 'invented' })) } as never;
  expect(await tokens.resolve(good)).toBe(shop);
  keys.close();
  await expect(tokens.resolve(invented)).rejects.toThrow();
  offset = 61_000;
  expect(await tokens.resolve(good)).toBe(shop);
});

describe('staff with one factor', () => {
  const oneFactor = { cookie: 'session=one-factor', origin: WEB };

  test('reach the routes that lead to a second, and what is open to anybody', async () => {
    expect((await ask('GET', '/v1/first', oneFactor)).status).toBe(200);
    expect((await ask('POST', '/v1/open', oneFactor)).status).toBe(200);
    expect((await ask('GET', '/v1/who', oneFactor)).text).toBe('{"kind":null}');
  });

  test('are refused everything else before what they may is looked at, and it is written down', async () => {
    for (const [method, path] of [
      ['GET', '/v1/things/a'],
      ['GET', '/v1/danger'],
      ['POST', '/v1/things'],
      ['DELETE', '/v1/things/quiet'],
      ['GET', '/v1/fail/coded'],
    ] as const) {
      const { status, code } = await ask(method, path, oneFactor);
      expect([path, status, code]).toEqual([path, 403, 'auth.factor_required']);
    }
    // The quiet route writes no refusal down.
    expect(app.refusals.map(({ code }) => code)).toEqual(Array(4).fill('auth.factor_required'));
  });

  test('get no further by another writing of a path, another method or order', async () => {
    for (const path of ['/v1//danger', '/v1/danger/', '/v1/first/../danger', '/v1/%64anger', '/V1/danger']) {
      await ask('GET', '/v1/first', oneFactor);
      expect((await ask('GET', path, oneFactor)).status).not.toBe(200);
    }
  });
});

describe('a step-up', () => {
  const danger = (ago: string) => ask('GET', '/v1/danger', { cookie: `session=factor-${ago}-ago` });

  test('is a factor of the last five minutes', async () => {
    expect((await danger('0')).status).toBe(200);
    expect((await danger('295')).status).toBe(200);
  });

  test('is asked for in the words of RFC 9470 where the factor is older, or of no time at all', async () => {
    for (const ago of ['302', '86400', 'never']) {
      const { status, code, headers } = await danger(ago);
      expect([status, code]).toEqual([403, 'auth.step_up_required']);
      expect(headers.get('www-authenticate')).toBe(
        'Bearer error="insufficient_user_authentication", max_age="300"',
      );
    }
    expect(app.refusals.map(({ code }) => code)).toEqual(Array(3).fill('auth.step_up_required'));
  });

  test('is not asked of clients', async () => {
    expect((await ask('GET', '/v1/danger', bearer(await app.keys.sign()))).status).toBe(200);
  });
});
