import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DpopProofs } from '@integument/http';
import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  exportJWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyLogoutToken } from '../../apps/vault/src/features/sign-in/logout-token.js';
import { ProviderConnection } from '../../apps/vault/src/features/sign-in/provider-connection.js';
import { freePorts } from '../ports.js';
import { createProviderServer } from './server.js';

const PASSWORD = 'open-sesame-please';
const REGISTRATION = 'whoever-has-this-registers';
const REDIRECT = 'http://127.0.0.1:1/v1/sign-in/callback';
let issuer: string;
let server: Server;
/** Stands for the vault's back-channel route: what it was told. */
const logoutTokens: string[] = [];
const listener = createServer((request, response) => {
  void text(request).then((body) => {
    logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
    response.end();
  });
});

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${port}`;
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  server = createProviderServer({
    issuer,
    port,
    demoPassword: PASSWORD,
    relyingParty: {
      id: 'integument',
      secret: 'relying-party-secret',
      redirectUri: REDIRECT,
      backchannelLogoutUri: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/back-channel-logout`,
      postLogoutRedirectUris: ['http://127.0.0.1:1/'],
    },
    origins: [],
    clients: [
      { id: 'brand-shop', secret: 'shop-secret', audience: 'urn:integument:vault' },
      { id: 'skin-app', secret: 'app-secret', audience: 'urn:integument:api' },
    ],
    registrationToken: REGISTRATION,
    keys: [
      {
        ...key,
        kty: 'EC',
        crv: 'P-256',
        x: key.x ?? '',
        y: key.y ?? '',
        alg: 'ES256',
        use: 'sig',
        kid: 'one',
      },
    ],
    cookieKeys: [randomBytes(16).toString('hex')],
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  listener.closeAllConnections();
  listener.close();
});

function token(client: string, secret: string, form: Record<string, string> = {}): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
  return fetch(`${issuer}/token`, { method: 'POST', headers: { authorization }, body });
}

describe('a client', () => {
  it('gets a signed token for its audience without naming it', async () => {
    const reply = (await (await token('brand-shop', 'shop-secret')).json()) as { access_token: string };
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
    const { payload } = await jwtVerify(reply.access_token, keys, {
      issuer,
      audience: 'urn:integument:vault',
    });
    expect(payload).toMatchObject({ client_id: 'brand-shop', aud: 'urn:integument:vault' });
  });

  it("is refused another client's audience", async () => {
    const reply = await token('brand-shop', 'shop-secret', { resource: 'urn:integument:api' });
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: 'invalid_target' });
    const own = await token('skin-app', 'app-secret', { resource: 'urn:integument:api' });
    expect(own.status).toBe(200);
  });

  it('is refused both audiences at once', async () => {
    const body = 'grant_type=client_credentials&resource=urn:integument:vault&resource=urn:integument:api';
    const authorization = `Basic ${Buffer.from('brand-shop:shop-secret').toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await fetch(`${issuer}/token`, { method: 'POST', headers, body });
    expect(reply.status).toBe(400);
  });

  it('is refused with a wrong secret', async () => {
    expect((await token('skin-app', 'shop-secret')).status).toBe(401);
  });
});

describe('a client that is registered while the provider runs', () => {
  const register = (body: unknown, authorization = `Bearer ${REGISTRATION}`) =>
    fetch(`${issuer}/reg`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const audience = 'urn:integument:api';

  it('gets tokens for its audience and no other', async () => {
    const made = await register({ audience });
    expect(made.status).toBe(201);
    const { client_id, client_secret } = (await made.json()) as { client_id: string; client_secret: string };
    const reply = (await (await token(client_id, client_secret)).json()) as { access_token: string };
    expect(decodeJwt(reply.access_token)).toMatchObject({ aud: audience, client_id, sub: client_id });
    const other = await token(client_id, client_secret, { resource: 'urn:integument:vault' });
    expect([other.status, await other.json()]).toMatchObject([400, { error: 'invalid_target' }]);
  });

  it.each([
    {},
    { audience: 'urn:integument:other' },
    { audience: ['urn:integument:api', 'urn:integument:vault'] },
    { audience, redirect_uris: ['http://127.0.0.1:1/'] },
    { audience, grant_types: ['authorization_code'], response_types: ['code'] },
    { audience, grant_types: ['client_credentials', 'refresh_token'] },
    { audience, client_id: 'brand-shop' },
    { audience, client_secret: 'known' },
    { audience, token_endpoint_auth_method: 'none' },
    { audience, jwks_uri: 'http://127.0.0.1:1/keys' },
    { audience, client_name: 'Shop' },
  ])('is refused where it asks for more, or for none: %o', async (body) => {
    const refused = await register(body);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_client_metadata' }]);
  });

  it('is registered by nobody who lacks the token', async () => {
    for (const authorization of ['', 'Bearer nonsense', `Basic ${REGISTRATION}`])
      expect([400, 401]).toContain((await register({ audience }, authorization)).status);
    expect((await fetch(`${issuer}/reg/brand-shop`)).status).toBe(401);
  });
});

describe('a client with a key', () => {
  it('gets a token that is bound to it', async () => {
    const config = await oidc.discovery(new URL(issuer), 'brand-shop', 'shop-secret', undefined, {
      execute: [oidc.allowInsecureRequests],
    });
    const pair = await oidc.randomDPoPKeyPair('ES256');
    const DPoP = oidc.getDPoPHandle(config, pair);
    const bound = await oidc.clientCredentialsGrant(config, {}, { DPoP });
    expect(bound.token_type).toBe('dpop');
    const confirmation = decodeJwt(bound.access_token).cnf;
    expect(confirmation).toEqual({ jkt: await calculateJwkThumbprint(await exportJWK(pair.publicKey)) });
    // What our own check makes of the library's proof and the provider's token.
    const proofs = new DpopProofs({
      publicUrl: 'http://vault.test',
      marks: { spend: () => Promise.resolve(true) },
    });
    const proof = await proofFor(config, bound.access_token, DPoP);
    const shown = {
      token: bound.access_token,
      confirmation,
      proofs: [proof],
      method: 'GET',
      path: '/v1/noop',
    };
    await expect(proofs.check(shown)).resolves.toBeUndefined();
    await expect(proofs.check({ ...shown, path: '/v1/other' })).rejects.toThrow('htu');
  });
});

/** The library sends a request; we keep what it put into the header. */
async function proofFor(config: oidc.Configuration, token: string, DPoP: oidc.DPoPHandle): Promise<string> {
  let proof = '';
  config[oidc.customFetch] = (_url, { headers }) => {
    proof = headers.dpop ?? '';
    return Promise.resolve(new Response(null, { status: 204 }));
  };
  const url = new URL('http://vault.test/v1/noop');
  await oidc.fetchProtectedResource(config, token, url, 'GET', undefined, undefined, { DPoP });
  return proof;
}

describe('a person', () => {
  it('signs in by name and password and comes back with a code for an ID token', async () => {
    const { code, verifier, nonce } = await signIn('alice', PASSWORD);
    const claims = await redeem(code, verifier);
    expect(claims).toMatchObject({ sub: 'alice', nonce, amr: ['pwd'], acr: 'urn:integument:password' });
  });

  it('can be another one at the next sign-in of the same browser', async () => {
    const cookies = new Map<string, string>();
    const names: unknown[] = [];
    for (const name of ['alice', 'olivia', 'alice']) {
      const { code, verifier } = await signIn(name, PASSWORD, cookies);
      names.push((await redeem(code, verifier)).sub);
    }
    expect(names).toEqual(['alice', 'olivia', 'alice']);
  });

  it('signs out by the browser, and the vault is told which session that was', async () => {
    const cookies = new Map<string, string>();
    const { code, verifier } = await signIn('alice', PASSWORD, cookies);
    const { sid } = await redeem(code, verifier);
    const metadata = await fetch(`${issuer}/.well-known/openid-configuration`);
    const { end_session_endpoint: end } = (await metadata.json()) as { end_session_endpoint: string };
    const go = visit(cookies);
    const page = await go(`${end}?client_id=integument&post_logout_redirect_uri=http://127.0.0.1:1/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const [, action = '', xsrf = ''] = /action="([^"]+)".*value="([^"]+)"/.exec(await page.text()) ?? [];
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    const out = await go(action, { method: 'POST', body });
    expect(out.headers.get('location')).toBe('http://127.0.0.1:1/');
    const connection = new ProviderConnection(
      {
        id: 'main',
        name: 'Main',
        issuer,
        clientId: 'integument',
        clientSecret: 'relying-party-secret',
        staff: true,
        acrValues: [],
      },
      5_000,
    );
    expect(logoutTokens).toHaveLength(1);
    const told = await verifyLogoutToken(connection, logoutTokens[0] ?? '');
    expect(told).toMatchObject({ issuer, subject: 'alice', providerSession: sid });
    expect(sid).toMatch(/^.{16,}$/);
  });

  it.each([
    ['a wrong password', 'alice', 'open-sesame'],
    ['a name with a space', 'al ice', PASSWORD],
    ['no name', '', PASSWORD],
    ['a name that is a path', '../alice', PASSWORD],
  ])('does not with %s', async (_case, name, password) => {
    const { code, status, page } = await signIn(name, password);
    expect([code, status]).toEqual([undefined, 401]);
    expect(page).toContain('role="alert"');
    expect(page).not.toContain(password);
  });

  it('does not without PKCE', async () => {
    const query = new URLSearchParams({
      client_id: 'integument',
      response_type: 'code',
      redirect_uri: REDIRECT,
    });
    query.set('scope', 'openid');
    const reply = await fetch(`${issuer}/auth?${query.toString()}`, { redirect: 'manual' });
    expect(new URL(reply.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request');
  });

  it('is shown a form that runs no script and can not be framed', async () => {
    const { form } = await signIn('alice', PASSWORD);
    const policy = form.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});

async function redeem(code: string | null | undefined, verifier: string): Promise<JWTPayload> {
  const reply = await token('integument', 'relying-party-secret', {
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT,
    code_verifier: verifier,
    code: code ?? '',
  });
  const { id_token } = (await reply.json()) as { id_token: string };
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  return (await jwtVerify(id_token, keys, { issuer, audience: 'integument' })).payload;
}

async function signIn(name: string, password: string, cookies = new Map<string, string>()) {
  const verifier = randomBytes(32).toString('base64url');
  const nonce = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    client_id: 'integument',
    response_type: 'code',
    redirect_uri: REDIRECT,
    nonce,
  });
  query.set('scope', 'openid');
  query.set('code_challenge_method', 'S256');
  query.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
  query.set('claims', JSON.stringify({ id_token: { acr: null, amr: null, auth_time: null } }));
  const go = visit(cookies);
  const path = (await go(`/auth?${query.toString()}`)).headers.get('location') ?? '';
  const form = await go(path);
  const posted = await go(path, { method: 'POST', body: new URLSearchParams({ name, password }) });
  const next = posted.headers.get('location');
  const last = next ? await go(next) : posted;
  const code = next ? new URL(last.headers.get('location') ?? '').searchParams.get('code') : undefined;
  return { code, verifier, nonce, status: posted.status, page: await posted.text(), form };
}

/** Goes there as a browser with these cookies. */
function visit(cookies: Map<string, string>) {
  return async (path: string, init: RequestInit = {}) => {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const reply = await fetch(new URL(path, issuer), { redirect: 'manual', headers: { cookie }, ...init });
    for (const line of reply.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(key, value);
    }
    return reply;
  };
}

describe('the provider', () => {
  it('survives a path that is no URL, which any page could have a browser ask for', async () => {
    const { port } = new URL(issuer);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: '//[' }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(404);
    expect((await fetch(`${issuer}/healthz`)).status).toBe(200);
  });
});
