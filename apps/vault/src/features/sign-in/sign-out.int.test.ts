import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import type { MisbehavingProvider } from './misbehaving-provider.fixture.js';
import { Tab } from './tab.fixture.js';
import { main, other, vault } from './two-providers.fixture.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const REFUSED = '400 sign_in.logout_token_refused';
const FORM = 'application/x-www-form-urlencoded';

/** Somebody signed in at a provider, in a session of theirs there. */
async function signedIn(at: MisbehavingProvider, subject: string, sid?: string): Promise<Tab> {
  at.subject = subject;
  at.misbehaviour = { claims: (usual) => ({ ...usual, ...(sid !== undefined && { sid }) }) };
  const tab = new Tab(vault);
  expect(await tab.signIn(at === main ? '' : '?provider=other')).toBe('303');
  return tab;
}

function logoutToken(at: MisbehavingProvider, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const usual = { iss: at.issuer, aud: 'integument', iat: now, exp: now + 120, jti: randomUUID() };
  return at.sign({ ...usual, events: { [EVENT]: {} }, ...claims }, at.key, { typ: 'logout+jwt' });
}

async function send(body: string, type = FORM): Promise<{ outcome: string; json: Record<string, unknown> }> {
  const reply = await fetch(`${vault.url}/v1/sign-in/back-channel-logout`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  const json = (await reply.json()) as Record<string, unknown>;
  return { outcome: reply.ok ? String(reply.status) : `${reply.status} ${String(json.code)}`, json };
}
const tell = async (token: string) =>
  (await send(new URLSearchParams({ logout_token: token }).toString())).outcome;
const isIn = async (tab: Tab) => (await tab.read()) === 200;

describe('a provider that says whose session has ended', () => {
  it('ends by its name for the session just that one', async () => {
    const first = await signedIn(main, 'anna', 'first');
    const second = await signedIn(main, 'anna', 'second');
    expect(await tell(await logoutToken(main, { sid: 'first' }))).toBe('200');
    expect([await isIn(first), await isIn(second)]).toEqual([false, true]);
  });

  it('ends by the subject all of theirs, and nobody else’s', async () => {
    const tabs = [
      await signedIn(main, 'bert', 'b1'),
      await signedIn(main, 'bert'),
      await signedIn(main, 'berta'),
    ];
    expect(await tell(await logoutToken(main, { sub: 'bert' }))).toBe('200');
    expect(await Promise.all(tabs.map(isIn))).toEqual([false, false, true]);
  });

  it('ends by both what is of both', async () => {
    const tabs = [await signedIn(main, 'carl', 'c1'), await signedIn(main, 'carl', 'c2')];
    const carla = await signedIn(main, 'carla', 'c3');
    expect(await tell(await logoutToken(main, { sub: 'carl', sid: 'c3' }))).toBe('200');
    expect(await tell(await logoutToken(main, { sub: 'carl', sid: 'c1' }))).toBe('200');
    expect(await Promise.all([...tabs, carla].map(isIn))).toEqual([false, true, true]);
  });

  it('ends nothing of another provider’s, whatever it names', async () => {
    const ours = await signedIn(main, 'dora', 'same');
    const theirs = await signedIn(other, 'dora', 'same');
    expect(await tell(await logoutToken(other, { sub: 'dora', sid: 'same' }))).toBe('200');
    expect([await isIn(ours), await isIn(theirs)]).toEqual([true, false]);
    const bySession = await signedIn(main, 'dorothy', 'named-alike');
    expect(await tell(await logoutToken(other, { sid: 'named-alike' }))).toBe('200');
    expect(await isIn(bySession)).toBe(true);
    const forged = await logoutToken(other, { iss: main.issuer, sub: 'dora' });
    expect([await tell(forged), await isIn(ours)]).toEqual([REFUSED, true]);
  });

  it('is heard once for each token, however many come at the same time', async () => {
    await signedIn(main, 'eva', 'e1');
    const token = await logoutToken(main, { sub: 'eva' });
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => tell(token)));
    expect(outcomes.filter((outcome) => outcome === '200')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === REFUSED)).toHaveLength(99);
    const again = await signedIn(main, 'eva', 'e2');
    expect([await tell(token), await isIn(again)]).toEqual([REFUSED, true]);
  });

  it('leaves an entry that names nobody', async () => {
    await signedIn(main, 'canary-fay', 'canary-session');
    await tell(await logoutToken(main, { sub: 'canary-fay' }));
    const rows = await vault.database.query<{ entry: Buffer }[]>(
      `SELECT entry FROM audit_staging WHERE convert_from(entry, 'UTF8') LIKE '%back_channel_logout%'
       UNION ALL SELECT entry FROM audit_entry WHERE convert_from(entry, 'UTF8') LIKE '%back_channel_logout%'`,
    );
    const entries = rows.map(({ entry }) => JSON.parse(entry.toString('utf8')) as Record<string, unknown>);
    expect(entries.at(-1)).toMatchObject({
      action: 'sign_in.back_channel_logout',
      outcome: 'done',
      actor: { kind: 'system', id: 'openid-provider' },
    });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });
});

describe('is refused, and ends nothing:', () => {
  const token = () => logoutToken(main, { sub: 'gina' });
  it.each<[string, () => Promise<{ outcome: string }>, string]>([
    ['no token', () => send('logout_token='), '400 request.invalid'],
    ['nothing', () => send(''), '400 request.invalid'],
    ['what is none', () => send('logout_token=x.y.z'), REFUSED],
    [
      'one of nobody’s',
      async () => send(`logout_token=${await logoutToken(main, { iss: 'https://x.example', sub: 'gina' })}`),
      REFUSED,
    ],
    [
      'an ID token',
      async () =>
        send(`logout_token=${await main.sign({ iss: main.issuer, aud: 'integument', sub: 'gina' })}`),
      REFUSED,
    ],
    [
      'two tokens',
      async () => send(`logout_token=${await token()}&logout_token=${await token()}`),
      '400 request.form',
    ],
    [
      'a token in JSON',
      async () => send(JSON.stringify({ logout_token: await token() }), 'application/json'),
      '415 request.media_type',
    ],
    ['a token of 20 kB', () => send(`logout_token=${'a'.repeat(20_000)}`), '413 request.too_large'],
  ])('%s', async (_, work, outcome) => {
    const gina = await signedIn(main, 'gina');
    expect([(await work()).outcome, await isIn(gina)]).toEqual([outcome, true]);
  });

  it('a form at any other route', async () => {
    const reply = await fetch(`${vault.url}/v1/sign-out`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: 'x=1',
    });
    expect([401, 415]).toContain(reply.status);
  });
});

describe('somebody who signs out', () => {
  const signOut = async (tab: Tab) =>
    (await (await tab.post('/v1/sign-out')).json()) as { ended: string; providerSignOut: string | null };

  it('is told where their session at the provider ends', async () => {
    const tab = await signedIn(main, 'hans');
    const { ended, providerSignOut } = await signOut(tab);
    expect([ended, await isIn(tab)]).toEqual(['everywhere', false]);
    const url = new URL(providerSignOut ?? '');
    expect(url.origin + url.pathname).toBe(`${main.issuer}/end`);
    expect(url.searchParams.get('post_logout_redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:4400\/$/);
  });

  it('at the provider of this sign-in, not the first', async () => {
    const { providerSignOut } = await signOut(await signedIn(other, 'ina'));
    expect(providerSignOut?.startsWith(other.issuer)).toBe(true);
  });
});
