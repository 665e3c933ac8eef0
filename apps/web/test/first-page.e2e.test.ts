import { platform } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { clientToken } from '../../../tools/outside/client-token.js';
import { noticeOf } from '../../../tools/outside/notices.js';

interface Consents {
  consents: { purpose: string; state: string }[];
}

/** Calls as the page's own script does. */
async function call<T>(
  browser: Browser,
  method: string,
  url: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const reply = await browser.send(url, { method, headers, ...json });
  const text = await reply.text();
  return { status: reply.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

describe('a person on the first page', () => {
  it('signs in, sees what the vault knows, and gives and takes back a consent at the API', async () => {
    const { urls } = platform();
    const browser = new Browser(platform());
    expect(await browser.signIn('first-page-visitor')).toBe(`${urls.web}/`);
    expect((await call(browser, 'GET', `${urls.vault}/v1/me`)).status).toBe(200);

    const consents = `${urls.api}/v1/me/consents`;
    expect((await call(browser, 'GET', consents)).status).toBe(401);
    await browser.openApiSession();
    const { body } = await call<Consents>(browser, 'GET', consents);
    expect(body.consents.map(({ state }) => state)).toEqual(body.consents.map(() => 'none'));

    const given = await call(browser, 'POST', `${consents}/ingest/give`, { notice: noticeOf('ingest') });
    expect(given.body).toMatchObject({ purpose: 'ingest', state: 'open' });
    const withdrawn = await call(browser, 'POST', `${consents}/ingest/withdraw`);
    expect(withdrawn.body).toMatchObject({ purpose: 'ingest', state: 'frozen' });
  });

  it('is nobody to either app after signing out', async () => {
    const { urls } = platform();
    const browser = await signIn(platform(), 'first-page-leaver');
    expect((await call(browser, 'DELETE', `${urls.api}/v1/sessions/current`)).status).toBe(204);
    expect((await call(browser, 'POST', `${urls.vault}/v1/sign-out`)).status).toBe(200);
    expect((await call(browser, 'GET', `${urls.vault}/v1/session`)).status).toBe(401);
    expect((await call(browser, 'GET', `${urls.api}/v1/me/consents`)).status).toBe(401);
  });

  it('is let in from its own origin alone', async () => {
    const { urls } = platform();
    const browser = new Browser(platform());
    await browser.signIn('first-page-visitor');
    const foreign = { method: 'POST', headers: { origin: 'https://elsewhere.example' } };
    const reply = await browser.send(`${urls.vault}/v1/sign-in/code`, foreign);
    expect(reply.status).toBe(403);
    expect(reply.headers.get('access-control-allow-origin')).not.toBe('https://elsewhere.example');
  });
});

describe('a client', () => {
  it("is nobody at the other side: its token is for one app's audience", async () => {
    const { urls } = platform();
    const shop = { authorization: `Bearer ${await clientToken(platform(), 'brand-shop')}` };
    const app = { authorization: `Bearer ${await clientToken(platform(), 'skin-app')}` };
    const products = async (headers: Record<string, string>) =>
      (await fetch(`${urls.api}/v1/products`, { headers })).status;
    const people = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ field: 'account_id', value: 'first-page-nobody' });
      const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
      return (await fetch(`${urls.vault}/v1/people/search`, init)).status;
    };
    expect([await people(shop), await products(app)]).toEqual([200, 200]);
    expect([await people(app), await products(shop)]).toEqual([403, 403]);
  });
});
