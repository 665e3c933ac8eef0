import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ClientKey } from '../testing/client-key.js';
import { marksInMemory, PUBLIC_URL } from '../testing/test-app.js';
import { DpopProofs, type ShownToken } from './dpop-proofs.js';

const TOKEN = 'header.claims.signature';
const use = { token: TOKEN };
const seconds = () => Math.floor(Date.now() / 1_000);
let key: ClientKey;
let other: ClientKey;
beforeAll(async () => {
  [key, other] = await Promise.all([ClientKey.make(), ClientKey.make()]);
});

const proofsAt = (publicUrl = PUBLIC_URL) => new DpopProofs({ publicUrl, marks: marksInMemory() });
const shown = (proof: string, changes: Partial<ShownToken> = {}): ShownToken => ({
  token: TOKEN,
  confirmation: { jkt: key.thumbprint },
  proofs: [proof],
  method: 'GET',
  path: '/v1/things/a',
  ...changes,
});
/** @returns which clause is broken, and what the challenge says; null where the proof is good */
async function verdict(proof: string, changes: Partial<ShownToken> = {}, proofs = proofsAt()) {
  const refused = await proofs.check(shown(proof, changes)).then(
    () => null,
    (error: unknown) => error as { message: string; fault: string },
  );
  return refused && [refused.message, refused.fault];
}

describe('a good proof', () => {
  test.each(['ES256', 'EdDSA', 'Ed25519'])('by a key for %s', async (alg) => {
    const made = await ClientKey.make(alg);
    expect(await verdict(await made.prove(use), { confirmation: { jkt: made.thumbprint } })).toBeNull();
  });

  test('whatever the query of the request and of the proof, within the window, of a URL written otherwise', async () => {
    const loose = await key.prove(use, { htu: 'HTTP://API.test:80/v1/x/../thing%73/a?depth=2#top' });
    expect(await verdict(loose, { path: '/v1/things/a?depth=1' })).toBeNull();
    for (const shift of [-58, 58]) {
      expect(await verdict(await key.prove(use, { iat: seconds() + shift }))).toBeNull();
    }
  });

  test('behind a public URL with a path of its own', async () => {
    const proofs = proofsAt('https://example.org/vault/');
    const proof = await key.prove(use, { htu: 'https://example.org/vault/v1/things/a' });
    expect(await verdict(proof, {}, proofs)).toBeNull();
    expect(
      await verdict(await key.prove(use, { htu: 'https://example.org/v1/things/a' }), {}, proofs),
    ).toEqual(['htu', 'invalid_dpop_proof']);
  });

  test('is good once, and one with the same id by another key is another', async () => {
    const proofs = proofsAt();
    const proof = await key.prove(use, { jti: 'one' });
    expect(await verdict(proof, {}, proofs)).toBeNull();
    expect(await verdict(proof, {}, proofs)).toEqual(['jti', 'invalid_dpop_proof']);
    expect(await verdict(await key.prove(use, { jti: 'one' }), {}, proofs)).toEqual([
      'jti',
      'invalid_dpop_proof',
    ]);
    const others = { confirmation: { jkt: other.thumbprint } };
    expect(await verdict(await other.prove(use, { jti: 'one' }), others, proofs)).toBeNull();
  });

  test('is not used up by a wrong one with its id', async () => {
    const proofs = proofsAt();
    expect(await verdict(await key.prove(use, { jti: 'one', htm: 'POST' }), {}, proofs)).not.toBeNull();
    expect(await verdict(await other.prove(use, { jti: 'one' }), {}, proofs)).not.toBeNull();
    expect(await verdict(await key.prove(use, { jti: 'one' }), {}, proofs)).toBeNull();
  });

  test('is the one of RFC 9449, section 7.1', async () => {
    const now = () => 1_562_262_618_000 + 30_000;
    const proofs = new DpopProofs({ publicUrl: 'https://resource.example.org', marks: marksInMemory(), now });
    const example: ShownToken = {
      token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
      confirmation: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
      proofs: [RFC_PROOF],
      method: 'GET',
      path: '/protectedresource',
    };
    await expect(proofs.check({ ...example, path: '/other' })).rejects.toThrow('htu');
    await expect(proofs.check({ ...example, token: `${example.token}x` })).rejects.toThrow('ath');
    await expect(proofs.check(example)).resolves.toBeUndefined();
    await expect(proofs.check(example)).rejects.toThrow('jti');
  });
});

describe('a proof is refused', () => {
  const claims: [string, string, JWTPayload | (() => JWTPayload)][] = [
    ['for another method', 'htm', { htm: 'POST' }],
    ['for the method in small letters', 'htm', { htm: 'get' }],
    ['without a method', 'htm', { htm: undefined }],
    ['for another host', 'htu', { htu: 'http://evil.test/v1/things/a' }],
    ['for another scheme', 'htu', { htu: 'https://api.test/v1/things/a' }],
    ['for another path', 'htu', { htu: 'http://api.test/v1/things/b' }],
    ['for a path alone', 'htu', { htu: '/v1/things/a' }],
    ['for two URLs', 'htu', { htu: ['http://api.test/v1/things/a'] }],
    ['without a URL', 'htu', { htu: undefined }],
    ['too old', 'iat', () => ({ iat: seconds() - 62 })],
    ['from the future', 'iat', () => ({ iat: seconds() + 62 })],
    ['without a time', 'iat', { iat: undefined }],
    ['expired by its own word', 'signature', () => ({ exp: seconds() - 1 })],
    ['for another token', 'ath', { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' }],
    ['for no token', 'ath', { ath: undefined }],
    ['without an id', 'jti', { jti: undefined }],
    ['with an empty id', 'jti', { jti: '' }],
    ['with an id that is no text', 'jti', { jti: 7 as never }],
    ['with an id too long', 'jti', { jti: 'x'.repeat(257) }],
  ];
  test.each(claims)('%s', async (_title, clause, wrong) => {
    const proof = await key.prove(use, typeof wrong === 'function' ? wrong() : wrong);
    expect(await verdict(proof)).toEqual([clause, 'invalid_dpop_proof']);
  });

  const headers: [string, string, () => Record<string, unknown>][] = [
    ['of another type', 'signature', () => ({ typ: 'JWT' })],
    ['without a type', 'signature', () => ({ typ: undefined })],
    ['without a key', 'jwk', () => ({ jwk: undefined })],
    ['with a key that is none', 'jwk', () => ({ jwk: 'key' })],
    ['with the private key', 'private jwk', () => ({ jwk: key.privateJwk })],
    ['with an empty private part', 'private jwk', () => ({ jwk: { ...key.publicJwk, d: '' } })],
    ['with a key for encryption', 'signature', () => ({ jwk: { ...key.publicJwk, use: 'enc' } })],
  ];
  test.each(headers)('%s', async (_title, clause, wrong) => {
    expect(await verdict(await key.prove(use, {}, wrong()))).toEqual([clause, 'invalid_dpop_proof']);
  });

  test('by another key than the token is bound to', async () => {
    expect(await verdict(await other.prove(use))).toEqual(['jkt', 'invalid_token']);
  });

  test('that names the right key and is signed by another', async () => {
    const proof = await other.prove(use, {}, { jwk: key.publicJwk });
    expect(await verdict(proof)).toEqual(['signature', 'invalid_dpop_proof']);
  });

  test('with one changed bit', async () => {
    const proof = await key.prove(use);
    const at = proof.lastIndexOf('.') + 10;
    const changed = proof.slice(0, at) + (proof[at] === 'A' ? 'B' : 'A') + proof.slice(at + 1);
    expect(await verdict(changed)).toEqual(['signature', 'invalid_dpop_proof']);
  });

  test('unsigned, by HMAC, or by an algorithm that is not allowed', async () => {
    const payload = key.claims(use);
    const body = new UnsecuredJWT(payload).encode().split('.')[1];
    const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');
    const none = `${encode({ alg: 'none', typ: 'dpop+jwt', jwk: key.publicJwk })}.${body}.`;
    const input = `${encode({ alg: 'HS256', typ: 'dpop+jwt', jwk: key.publicJwk })}.${body}`;
    const secret = JSON.stringify(key.publicJwk);
    const hmac = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    for (const proof of [none, hmac])
      expect(await verdict(proof)).toEqual(['signature', 'invalid_dpop_proof']);
    for (const alg of ['RS256', 'PS256', 'ES384']) {
      const { privateKey, publicKey } = await generateKeyPair(alg);
      const jwk = await exportJWK(publicKey);
      const made = await new SignJWT(payload)
        .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: jwk })
        .sign(privateKey);
      expect(await verdict(made)).toEqual(['signature', 'invalid_dpop_proof']);
    }
  });

  test('missing, twice, too long or no proof at all', async () => {
    const proof = await key.prove(use);
    const broken = ['one proof', 'invalid_dpop_proof'];
    expect(await verdict(proof, { proofs: [] })).toEqual(broken);
    expect(await verdict(proof, { proofs: [proof, await key.prove(use)] })).toEqual(broken);
    expect(await verdict('x'.repeat(5_000))).toEqual(broken);
    for (const text of ['', 'a.b.c', 'no proof', `${proof}, ${proof}`])
      expect(await verdict(text)).toEqual(['signature', 'invalid_dpop_proof']);
  });

  test.each([[undefined], [null], [{}], [{ jkt: 7 }], ['jkt'], [{ 'x5t#S256': 'x' }]])(
    'with a token that is bound to no key: %o',
    async (confirmation) => {
      expect(await verdict(await key.prove(use), { confirmation })).toEqual(['cnf', 'invalid_token']);
    },
  );
});

const RFC_PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFV',
  'ZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19',
  '.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJj',
  'ZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
  '.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('');
