import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MisbehavingProvider } from './misbehaving-provider.fixture.js';
import { RunningVault } from './running-vault.fixture.js';
import { Tab } from './tab.fixture.js';

const WEB = 'http://127.0.0.1:4400';
const COOKIE = 'integument-vault';

let provider: MisbehavingProvider;
let vault: RunningVault;
beforeAll(async () => {
  provider = await MisbehavingProvider.start();
  vault = await RunningVault.start(provider.settings());
});
afterAll(async () => {
  provider.close();
  await vault.close();
});
beforeEach(() => provider.reset());

async function signedIn(subject: string): Promise<Tab> {
  const tab = new Tab(vault);
  provider.subject = subject;
  expect(await tab.signIn()).toBe('303');
  return tab;
}

describe('a page elsewhere', () => {
  it('begins no sign-in in the browser of whoever visits it', async () => {
    const from = (site: string) =>
      fetch(`${vault.url}/v1/sign-in`, { redirect: 'manual', headers: { 'sec-fetch-site': site } });
    const refused = await from('cross-site');
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([403, null]);
    expect(await refused.json()).toMatchObject({ code: 'auth.origin' });
    for (const site of ['same-site', 'same-origin', 'none']) expect((await from(site)).status).toBe(303);
  });
});

describe('who signs in again in the same browser', () => {
  it('has another secret, and the one before is dead from the answer on', async () => {
    const tab = await signedIn('alice');
    const thief = tab.copy();
    expect(await thief.read()).toBe(200);
    await tab.signIn();
    expect(tab.cookies.get(COOKIE)).not.toBe(thief.cookies.get(COOKIE));
    expect([await thief.read(), await tab.read()]).toEqual([401, 200]);
    const log = await vault.auditLog();
    expect(log.filter((entry) => entry.includes('"sign_in.sign_out"'))).toHaveLength(1);
  });

  it('ends nothing elsewhere, and nothing where the sign-in fails', async () => {
    const [tab, other] = [await signedIn('bea'), await signedIn('bea')];
    provider.misbehaviour = { claims: (claims) => ({ ...claims, nonce: 'another' }) };
    expect(await tab.signIn()).toBe('400 sign_in.refused');
    expect(await tab.read()).toBe(200);
    provider.reset();
    await tab.signIn();
    expect(await other.read()).toBe(200);
  });

  // Session fixation (CWE-384; Keycloak's CVE-2024-7341 and CVE-2025-12390): who plants a cookie before the victim signs in shares it.
  it('with a cookie that somebody planted is signed in under another, and whoever planted it under none', async () => {
    const attacker = await signedIn('mallory');
    const victim = new Tab(vault);
    victim.cookies = new Map(attacker.cookies);
    provider.subject = 'victim';
    await victim.signIn();
    expect(victim.cookies.get(COOKIE)).not.toBe(attacker.cookies.get(COOKIE));
    expect([await attacker.read(), await victim.read()]).toEqual([401, 200]);
    const invented = new Tab(vault);
    invented.cookies.set(COOKIE, 'A'.repeat(43));
    await invented.signIn();
    expect(invented.cookies.get(COOKIE)).not.toBe('A'.repeat(43));
  });
});

describe('the way back', () => {
  const begin = (place: string) => new Tab(vault).begin(`?return_to=${encodeURIComponent(place)}`);

  // Open redirects behind a sign-in: a backslash, an account before the host, a dot after it (mod_auth_openidc #453 and #672).
  it.each([
    'https://evil.example/',
    'http://127.0.0.1:4400.evil.example/',
    'http://127.0.0.1:4400@evil.example/',
    'http://evil.example\\@127.0.0.1:4400/',
    'http:evil.example',
    'http://127.0.0.1:44000/',
    'http://localhost:4400/',
    'https://127.0.0.1:4400/',
    'javascript://127.0.0.1:4400/%0aalert(1)',
    'data:text/html,x',
    'blob:https://evil.example/x',
    '//evil.example/',
    '/\\evil.example',
  ])('is not %s', async (place) => {
    const { outcome, url } = await begin(place);
    expect(['400 sign_in.return_to_not_allowed', '400 request.invalid']).toContain(outcome);
    expect(url).toBe('');
  });

  it.each([
    [`${WEB}/page?a=b#c`, `${WEB}/page?a=b#c`],
    [`${WEB}\\@evil.example/`, `${WEB}/@evil.example/`],
    [`${WEB}/\r\nset-cookie: planted=1`, `${WEB}/set-cookie:%20planted=1`],
    [`${WEB}/é/€`, `${WEB}/%C3%A9/%E2%82%AC`],
  ])(
    '%j is a page of the web app, written so that no browser takes it for another',
    async (place, written) => {
      const tab = new Tab(vault);
      const callback = await tab.beginAndComeBack(`?return_to=${encodeURIComponent(place)}`);
      const reply = await fetch(callback, {
        redirect: 'manual',
        headers: { cookie: [...tab.cookies].map((pair) => pair.join('=')).join('; ') },
      });
      expect([reply.status, reply.headers.get('location')]).toEqual([303, written]);
      expect(reply.headers.getSetCookie().join()).not.toContain('planted');
    },
  );
});
