import { createHmac, createPublicKey } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { newKey } from './misbehaving-provider.fixture.js';
import { Tab } from './tab.fixture.js';
import { expectRefused, later, main, other, seconds, vault } from './two-providers.fixture.js';

const hmac = (secret: string | Buffer, claims: JWTPayload) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256', kid: main.key.kid })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
};
const publicPem = () =>
  createPublicKey({ key: main.key.publicJwk as never, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
const unsigned = (claims: JWTPayload) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
};

describe('an ID token', () => {
  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown>]>([
    ['of another issuer', (claims) => ({ ...claims, iss: other.issuer })],
    ['of the issuer, written another way', (claims) => ({ ...claims, iss: `${main.issuer}/` })],
    ['for another audience', (claims) => ({ ...claims, aud: 'brand-shop' })],
    [
      'for several, and nobody named as the one it was given to',
      (claims) => ({ ...claims, aud: ['integument', 'shop'] }),
    ],
    ['for several, given to another', (claims) => ({ ...claims, aud: ['integument', 'shop'], azp: 'shop' })],
    ['with another nonce', (claims) => ({ ...claims, nonce: 'another' })],
    ['without a nonce', ({ nonce: _, ...claims }) => claims],
    ['that has expired', (claims) => ({ ...claims, iat: seconds() - 400, exp: seconds() - 60 })],
    ['without an expiry', ({ exp: _, ...claims }) => claims],
    ['issued in the future', (claims) => ({ ...claims, iat: seconds() + 120, exp: seconds() + 600 })],
    ['issued long ago', (claims) => ({ ...claims, iat: seconds() - 3_600 })],
    ['of a sign-in in the future', (claims) => ({ ...claims, auth_time: seconds() + 3_600 })],
    ['of a sign-in at no time', (claims) => ({ ...claims, auth_time: 1e300 })],
    ['of a sign-in at no time that is told', ({ auth_time: _, ...claims }) => claims],
    ['without a subject', ({ sub: _, ...claims }) => claims],
    ['of an empty subject', (claims) => ({ ...claims, sub: '' })],
    ['of a subject of 10 kB', (claims) => ({ ...claims, sub: 'a'.repeat(10_240) })],
    ['of a subject with NUL', (claims) => ({ ...claims, sub: 'alice\u0000' })],
    ['of a subject that looks like another', (claims) => ({ ...claims, sub: '\u0430lice' })],
    ['of a subject with what can’t be seen', (claims) => ({ ...claims, sub: 'ali\u200bce' })],
    ['of a subject that is no text', (claims) => ({ ...claims, sub: ['alice'] })],
  ])('%s signs nobody in', async (_case, claims) => {
    await expectRefused({ claims });
  });

  it.each<[string, (claims: JWTPayload) => string | Promise<string>]>([
    ['of algorithm none', unsigned],
    ['with an HMAC by the public key', (claims) => hmac(publicPem(), claims)],
    [
      'with an HMAC by the published key’s JSON',
      (claims) => hmac(JSON.stringify(main.key.publicJwk), claims),
    ],
    ['with an HMAC by our own secret', (claims) => hmac(main.clientSecret, claims)],
    ['by a key that nobody published', async (claims) => main.sign(claims, await newKey())],
    [
      'by a key that nobody published, under the name of one',
      async (claims) => main.sign(claims, await newKey(main.key.kid)),
    ],
    ['by the key of another provider', (claims) => other.sign(claims)],
    [
      'by a key that it brings itself',
      async (claims) => {
        const own = await newKey(main.key.kid);
        return main.sign(claims, own, { jwk: own.publicJwk });
      },
    ],
    [
      'whose claims were changed',
      async (claims) => {
        const [header, , signature] = (await main.sign(claims)).split('.');
        const body = Buffer.from(JSON.stringify({ ...claims, sub: 'olivia' })).toString('base64url');
        return `${header}.${body}.${signature}`;
      },
    ],
    ['that is none', () => 'nonsense'],
  ])('%s signs nobody in', async (_case, sign) => {
    // The keys are known from before, so that it is not for want of them.
    expect(await new Tab(vault).signIn()).toBe('303');
    await expectRefused({ sign });
    later(10_000);
    await expectRefused({ sign });
  });

  it('of an algorithm that we don’t take signs nobody in, also by a key that is published for it', async () => {
    main.key = await newKey(undefined, 'ES384');
    await expectRefused({ sign: (claims) => main.sign(claims, main.key, { alg: 'ES384' }) });
    main.key = await newKey();
  });

  it('by a new key is good at once, one by the key before it never again', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    const withdrawn = await main.rotate();
    later(6_000);
    expect(await new Tab(vault).signIn()).toBe('303');
    await expectRefused({ sign: (claims) => main.sign(claims, withdrawn) });
  });

  it('by a withdrawn key is good for a minute at most, also where no new one has been seen', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    const withdrawn = await main.rotate();
    later(61_000);
    await expectRefused({ sign: (claims) => main.sign(claims, withdrawn) });
  });

  it('by a new key under the old one’s name is good, too', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    main.key = await newKey(main.key.kid);
    later(6_000);
    expect(await new Tab(vault).signIn()).toBe('303');
  });
});
