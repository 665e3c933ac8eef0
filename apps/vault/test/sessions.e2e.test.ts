import {
  closeSession,
  consentHistory,
  endOtherSessions,
  endSession,
  listConsents,
  listSessions,
  readSession,
  signOut,
} from '@integument/contracts';
import { platform, proofCount } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { enrolSomebody, newcomer } from '../../../tools/outside/newcomer.js';
import { noticeOf } from '../../../tools/outside/notices.js';

const info = platform();
const { vault, api } = info.urls;

/** What the session of each app answers. */
const answers = async (browser: Browser) => [
  (await request(browser, vault, readSession)).status,
  (await request(browser, api, listConsents)).status,
];

describe('somebody whose cookies were stolen', () => {
  it('signs out, and from the answer on no request with them succeeds at either app', async () => {
    for (let round = 0; round < proofCount(4, 60); round++) {
      const { browser } = await newcomer(info);
      const thief = browser.clone();
      expect(await answers(thief)).toEqual([200, 200]);
      let answered = false;
      const late: string[] = [];
      const steal = async (app: string, route: typeof readSession | typeof listConsents) => {
        for (let after = 0; after < 3; ) {
          const asked = answered;
          const { status } = await request(thief, app, route);
          if (asked) after++;
          if (asked && status !== 401) late.push(`${route.id} ${status}`);
        }
      };
      const stealing = [vault, vault].map((app) => steal(app, readSession));
      stealing.push(...[api, api].map((app) => steal(app, listConsents)));
      expect(await ask(browser, vault, signOut)).toMatchObject({ ended: 'everywhere' });
      answered = true;
      await Promise.all(stealing);
      expect(late).toEqual([]);
    }
  });

  it('signs out also where there is nothing to end at the data plane', async () => {
    for (let round = 0; round < 3; round++) {
      const { person } = await enrolSomebody(info);
      const browser = new Browser(info);
      await browser.signIn(person.subject);
      const thief = browser.clone();
      expect((await request(thief, vault, readSession)).status).toBe(200);
      await ask(browser, vault, signOut);
      expect((await request(thief, vault, readSession)).status).toBe(401);
    }
  });

  it('signs out of the data plane alone, and nothing that comes afterwards succeeds there', async () => {
    const { browser } = await newcomer(info);
    const thief = browser.clone();
    expect(await answers(thief)).toEqual([200, 200]);
    await ask(browser, api, closeSession);
    expect(await answers(thief)).toEqual([200, 401]);
  });

  it('is not tricked by a request that began before and ends after: its effect does not come about', async () => {
    const { browser, person } = await newcomer(info);
    const thief = browser.clone();
    const body = JSON.stringify({ notice: noticeOf('ingest') });
    let finish: () => void = () => undefined;
    const rest = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(Buffer.from(body.slice(0, 10)));
        await rest;
        controller.enqueue(Buffer.from(body.slice(10)));
        controller.close();
      },
    });
    const giving = thief.send(`${api}/v1/me/consents/ingest/give`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: slow,
      duplex: 'half',
    });
    // Long enough for the request to be let in.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await ask(browser, vault, signOut);
    finish();
    expect((await giving).status).toBe(401);
    const again = await signIn(info, person.subject);
    const { events } = await ask(again, api, consentHistory, { params: { purpose: 'ingest' } });
    expect(events).toEqual([]);
  });
});

describe('somebody who signs out at the provider', () => {
  it('is signed out of both apps, because the provider says so', async () => {
    const { browser, person } = await newcomer(info);
    const away = await signIn(info, person.subject);
    const { providerSignOut } = await ask(browser.clone(), vault, signOut);
    if (!providerSignOut) throw new Error('the provider offers no sign-out');
    const page = await (await away.send(providerSignOut)).text();
    const [, action = '', xsrf = ''] = /action="([^"]+)".*value="([^"]+)"/.exec(page) ?? [];
    expect(await answers(away)).toEqual([200, 200]);
    const form = new URLSearchParams({ xsrf, logout: 'yes' });
    await away.send(action, { method: 'POST', body: form, headers: { origin: info.urls.issuer } });
    await expect.poll(() => answers(away), { timeout: 5_000 }).toEqual([401, 401]);
  });
});

describe('somebody with several devices', () => {
  it('sees where they are signed in, and ends one of them', async () => {
    const { browser: laptop, person } = await newcomer(info);
    const phone = await signIn(info, person.subject);
    const { sessions } = await ask(laptop, vault, listSessions);
    expect(sessions.map(({ current }) => current).sort()).toEqual([false, true]);
    const other = sessions.find(({ current }) => !current);
    if (!other) throw new Error('the phone is not listed');
    const ended = await ask(laptop, vault, endSession, { params: { session: other.session } });
    expect(ended).toEqual({ ended: 'everywhere' });
    expect([await answers(laptop), await answers(phone)]).toEqual([
      [200, 200],
      [401, 401],
    ]);
  });

  it('ends all but the one in their hands', async () => {
    const { browser: laptop, person } = await newcomer(info);
    const others = [await signIn(info, person.subject), await signIn(info, person.subject)];
    expect(await ask(laptop, vault, endOtherSessions)).toEqual({ ended: 'everywhere' });
    for (const other of others) expect(await answers(other)).toEqual([401, 401]);
    expect(await answers(laptop)).toEqual([200, 200]);
  });
});
