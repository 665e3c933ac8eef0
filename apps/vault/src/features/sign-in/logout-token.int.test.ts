import { createHmac } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestVault } from '../../vault.fixture.js';
import { endSessionUrl } from './end-session-url.js';
import { claimedIssuer, verifyLogoutToken } from './logout-token.js';
import { DISCOVERY, MisbehavingProvider, newKey } from './misbehaving-provider.fixture.js';
import { ProviderConnection } from './provider-connection.js';
import { SpentMarksStore } from './spent-marks.store.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const REFUSED = 'sign_in.logout_token_refused';
const AWAY = 'sign_in.provider_unavailable';

let provider: MisbehavingProvider;
let other: MisbehavingProvider;
let connection: ProviderConnection;
beforeAll(async () => {
  provider = await MisbehavingProvider.start();
  other = await MisbehavingProvider.start();
});
afterAll(() => {
  provider.close();
  other.close();
});
beforeEach(() => {
  provider.reset();
  connection = new ProviderConnection(provider.settings(), 500);
});

const now = () => Math.floor(Date.now() / 1_000);
const usual = (): JWTPayload => ({
  iss: provider.issuer,
  aud: 'integument',
  iat: now(),
  exp: now() + 120,
  jti: 'jti-1',
  events: { [EVENT]: {} },
  sub: 'alice',
  sid: 'session-1',
});
const HEADER = { typ: 'logout+jwt' };
const without = (name: string): JWTPayload => {
  const claims = usual();
  delete claims[name];
  return claims;
};
const signed = (claims: JWTPayload, header: Record<string, unknown> = HEADER) =>
  provider.sign(claims, provider.key, header);
const verify = (token: string) => verifyLogoutToken(connection, token);

describe('a logout token', () => {
  it('says whose session has ended', async () => {
    const token = await signed(usual());
    expect(claimedIssuer(token)).toBe(provider.issuer);
    expect(await verify(token)).toMatchObject({
      issuer: provider.issuer,
      subject: 'alice',
      providerSession: 'session-1',
    });
  });

  it.each([
    ['sub', { subject: undefined, providerSession: 'session-1' }],
    ['sid', { subject: 'alice', providerSession: undefined }],
  ])('may do without %s', async (name, expected) => {
    expect(await verify(await signed(without(name)))).toMatchObject(expected);
  });

  it('may be for one audience in a list, and of the type’s long name', async () => {
    const claims = { ...usual(), aud: ['integument'] };
    await expect(verify(await signed(claims, { typ: 'application/logout+jwt' }))).resolves.toBeTruthy();
  });

  it.each(['iss', 'aud', 'iat', 'exp', 'jti', 'events'])('is refused without %s', async (name) => {
    await expect(verify(await signed(without(name)))).rejects.toThrow(REFUSED);
  });

  it('is refused without both sub and sid', async () => {
    const { sid: _, ...claims } = without('sub');
    await expect(verify(await signed(claims))).rejects.toThrow(REFUSED);
  });

  it.each<[string, () => JWTPayload]>([
    ['of another issuer', () => ({ iss: other.issuer })],
    ['for another audience', () => ({ aud: 'brand-shop' })],
    ['for several audiences', () => ({ aud: ['integument', 'brand-shop'] })],
    ['that has expired', () => ({ iat: now() - 200, exp: now() - 60 })],
    ['that is old and never expires', () => ({ iat: now() - 400, exp: now() + 1e9 })],
    ['from the future', () => ({ iat: now() + 120, exp: now() + 240 })],
    ['with a nonce', () => ({ nonce: 'n' })],
    ['with a nonce that is null', () => ({ nonce: null })],
    ['of another event', () => ({ events: { 'http://schemas.openid.net/event/other': {} } })],
    ['of an event that is none', () => ({ events: { [EVENT]: true } })],
    ['of events that are a list', () => ({ events: [EVENT] })],
    ['with an empty jti', () => ({ jti: '' })],
    ['with an empty sub', () => ({ sub: '' })],
    ['with an empty sid', () => ({ sid: '' })],
    ['with a sub that is no text', () => ({ sub: { a: 1 } as never })],
    ['with a sub of another alphabet', () => ({ sub: '\u0430lice' })],
    ['with a sid that is too long', () => ({ sid: 's'.repeat(256) })],
  ])('%s is refused', async (_case, changes) => {
    await expect(verify(await signed({ ...usual(), ...changes() }))).rejects.toThrow(REFUSED);
  });

  it.each([[{}], [{ typ: 'JWT' }], [{ typ: 'at+jwt' }]])('of type %j is refused', async (header) => {
    await expect(verify(await signed(usual(), header))).rejects.toThrow(REFUSED);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['unsigned', () => `${part({ ...HEADER, alg: 'none' })}.${part(usual())}.`],
    ['by an HMAC with our secret', () => hmac(provider.clientSecret)],
    ['by an HMAC with the public key', () => hmac(JSON.stringify(provider.key.publicJwk))],
    ['by another key', async () => provider.sign(usual(), await newKey(), HEADER)],
    [
      'by another key of the same name',
      async () => provider.sign(usual(), await newKey(provider.key.kid), HEADER),
    ],
    ['that is none', () => 'nonsense'],
    ['that is endless', () => signed({ ...usual(), more: 'a'.repeat(10_000) })],
  ])('%s is refused', async (_case, make) => {
    const token = await make();
    await expect(verify(token)).rejects.toThrow(REFUSED);
  });

  it('can’t be told from a good one while the provider is away, and is not taken then', async () => {
    provider.misbehaviour = { serve: { [DISCOVERY]: () => undefined } };
    await expect(verify(await signed(usual()))).rejects.toThrow(AWAY);
  });

  it('of strangers makes us ask for keys once in five seconds, and not once for each', async () => {
    await verify(await signed(usual()));
    const wrong = await provider.sign(usual(), await newKey(), HEADER);
    for (let n = 0; n < 20; n++) await expect(verify(wrong)).rejects.toThrow(REFUSED);
    expect(provider.timesAsked('/jwks')).toBe(1);
  });
});

describe('whose a token says it is', () => {
  it.each([['nonsense'], [''], ['a.b.c']])('is nobody’s for %s', (token) => {
    expect(claimedIssuer(token)).toBeNull();
  });

  it('is not looked for in one that is endless', async () => {
    expect(claimedIssuer(await signed({ ...usual(), more: 'a'.repeat(10_000) }))).toBeNull();
  });
});

describe('the mark of a logout token', () => {
  it('is spent once, however often the token comes, and is another for another provider', async () => {
    const vault = await TestVault.open();
    const store = new SpentMarksStore();
    const spend = async (token: Promise<string>, at = connection) => {
      const { mark } = await verifyLogoutToken(at, await token);
      return vault.unitOfWork.run((tx) => store.spend(tx, mark));
    };
    const tries = await Promise.all(Array.from({ length: 100 }, () => spend(signed(usual()))));
    expect(tries.filter(Boolean)).toHaveLength(1);
    expect(await spend(signed({ ...usual(), jti: 'jti-2' }))).toBe(true);
    const atOther = new ProviderConnection(other.settings(), 500);
    const ofOther = other.sign({ ...usual(), iss: other.issuer }, other.key, HEADER);
    expect(await spend(ofOther, atOther)).toBe(true);
    await vault.close();
  });

  it('is kept for as long as the token could come again, and goes then', async () => {
    const vault = await TestVault.open();
    const store = new SpentMarksStore();
    const { mark } = await verify(await signed({ ...usual(), exp: now() + 1e9 }));
    expect(mark.expiresAt.getTime()).toBeGreaterThan(Date.now() + 330_000);
    expect(mark.expiresAt.getTime()).toBeLessThan(Date.now() + 600_000);
    const late = { mark: Buffer.alloc(32), expiresAt: new Date(Date.now() - 2 * 3_600_000) };
    await vault.unitOfWork.run(async (tx) => {
      await store.spend(tx, mark);
      await store.spend(tx, late);
      await store.deleteExpired(tx);
    });
    expect(await vault.query('SELECT mark FROM sign_in_spent')).toEqual([{ mark: mark.mark }]);
    await vault.close();
  });
});

describe('where a session at the provider is ended', () => {
  it('is what the provider says, with where to go then', async () => {
    const url = new URL((await endSessionUrl(connection, 'https://web.example/')) ?? '');
    expect(`${url.origin}${url.pathname}`).toBe(`${provider.issuer}/end`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'integument',
      post_logout_redirect_uri: 'https://web.example/',
    });
  });

  it('is nowhere where the provider has no such place', async () => {
    provider.misbehaviour = { metadata: ({ end_session_endpoint: _, ...metadata }) => metadata };
    expect(await endSessionUrl(connection, 'https://web.example/')).toBeNull();
  });

  it('can’t be said while it is away', async () => {
    provider.misbehaviour = { serve: { [DISCOVERY]: () => undefined } };
    await expect(endSessionUrl(connection, 'https://web.example/')).rejects.toThrow(AWAY);
  });

  it('is no address that is not the web', async () => {
    provider.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, end_session_endpoint: 'javascript:alert(1)' }),
    };
    await expect(endSessionUrl(connection, 'https://web.example/')).rejects.toThrow();
  });
});

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hmac(secret: string): string {
  const text = `${part({ ...HEADER, alg: 'HS256', kid: provider.key.kid })}.${part(usual())}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
