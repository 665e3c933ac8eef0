import { describe, expect, test } from 'vitest';
import { SessionCookieFormat } from './session-cookie.js';

// Zitadel's cookie reached the hosts below its own, so that a page there could plant one (CVE-2024-28197).
describe('the cookie of a session', () => {
  const cookies = new SessionCookieFormat('vault', 'https://vault.example');
  const read = (cookie: string) => cookies.read({ headers: { cookie } });

  test('is of this host alone, over TLS, out of scripts’ reach and not sent by foreign pages’ forms', () => {
    expect(cookies.write('secret', 60)).toBe(
      '__Host-vault=secret; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure',
    );
    expect(cookies.clear()).toMatch(/^__Host-vault=; Max-Age=0; Path=\//);
  });

  test('is not believed under the name that any host below could have set, nor beside another of its name', () => {
    expect(read('a=b; __Host-vault=secret')).toBe('secret');
    for (const cookie of ['vault=planted', '__Host-vault=secret; __Host-vault=planted', '__Secure-vault=x'])
      expect([cookie, read(cookie)]).toEqual([cookie, undefined]);
  });

  test('has no prefix on a developer’s loopback, where browsers would refuse it', () => {
    const plain = new SessionCookieFormat('vault', 'http://127.0.0.1:4401');
    expect(plain.write('secret', 60)).toBe('vault=secret; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
  });
});
