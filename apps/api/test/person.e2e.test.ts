import { randomUUID } from 'node:crypto';
import {
  closeSession,
  consentHistory,
  giveConsent,
  importProducts,
  issueSignInCode,
  listConsents,
  listOptOuts,
  listRecommendations,
  openSession,
  readReadings,
  readSelf,
  readSession,
  recordEvents,
  signOut,
  storeReadings,
  withdrawConsent,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../../tools/demo-data/catalogue/index.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { agreeTo, type Newcomer, newcomer } from '../../../tools/outside/newcomer.js';
import { noticeOf } from '../../../tools/outside/notices.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;

let me: Newcomer;
beforeAll(async () => {
  const products = demoCatalogue.slice(0, 60);
  await ask(new Client(info, 'skin-app'), api, importProducts, { body: { products } });
  me = await newcomer(info);
});

const states = async (browser: Browser) => {
  const { consents } = await ask(browser, api, listConsents);
  return consents.map(({ purpose, state }) => `${purpose} ${state}`);
};
const reading = () => ({
  batch: randomUUID(),
  stream: 'heart-rate' as const,
  readings: [[Date.now(), 61] as [number, number]],
});

describe('a person', () => {
  it('signs in and sees what the shop knows about them', async () => {
    const session = await ask(me.browser, vault, readSession);
    expect(session).toMatchObject({ kind: 'person', roles: [] });
    expect((await ask(me.browser, vault, readSelf)).fields).toEqual(me.person.enrolment.fields);
  });

  it('does not sign in with a wrong password', async () => {
    await expect(new Browser(info).signIn(me.person.subject, 'guessed')).rejects.toThrow('did not sign');
  });

  it('has agreed to nothing until they do', async () => {
    expect(await states(me.browser)).toEqual([
      'ingest none',
      'recommendation none',
      'analytics none',
      'fault-finding none',
    ]);
    for (const route of [readReadings, listRecommendations]) {
      const answer = await request(me.browser, api, route, {
        query: { ...(route === readReadings && { stream: 'heart-rate' }) },
      });
      expect([answer.status, answer.code]).toEqual([404, 'permits.not_found']);
    }
    const withdrawn = await request(me.browser, api, withdrawConsent, { params: { purpose: 'ingest' } });
    expect([withdrawn.status, withdrawn.code]).toEqual([404, 'consent.not_given']);
  });

  it('agrees to a purpose, uses it, takes it back and agrees again, under one pseudonym', async () => {
    const params = { purpose: 'ingest' as const };
    const permit = await agreeTo(info, me.browser, 'ingest');
    await ask(me.browser, api, storeReadings, { body: reading() });
    const withdrawn = await ask(me.browser, api, withdrawConsent, { params });
    expect(withdrawn).toMatchObject({ state: 'frozen' });
    const inThirtyDays = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    expect(withdrawn.dueOn).toBe(inThirtyDays);
    const refused = await request(me.browser, api, storeReadings, { body: reading() });
    expect([refused.status, refused.code]).toEqual([403, 'permits.closed']);
    expect(await agreeTo(info, me.browser, 'ingest')).toBe(permit);
    const { readings } = await ask(me.browser, api, readReadings, { query: { stream: 'heart-rate' } });
    expect(readings).toHaveLength(1);
  });

  it('reads back every change of mind, with the notice it was about', async () => {
    const { events } = await ask(me.browser, api, consentHistory, { params: { purpose: 'ingest' } });
    expect(events.map(({ kind, notice }) => [kind, notice])).toEqual([
      ['given', noticeOf('ingest')],
      ['withdrawn', null],
      ['renewed', noticeOf('ingest')],
    ]);
  });

  it('can repeat either without another change', async () => {
    const params = { purpose: 'analytics' as const };
    const body = { notice: noticeOf('analytics') };
    const first = await ask(me.browser, api, giveConsent, { params, body });
    expect(await ask(me.browser, api, giveConsent, { params, body })).toEqual({ ...first, receipt: null });
    const frozen = await ask(me.browser, api, withdrawConsent, { params });
    expect(await ask(me.browser, api, withdrawConsent, { params })).toEqual({ ...frozen, receipt: null });
    const { events } = await ask(me.browser, api, consentHistory, { params });
    expect(events.map(({ kind }) => kind)).toEqual(['given', 'withdrawn']);
  });

  it('sees in another browser what they agreed to in this one', async () => {
    const other = await signIn(info, me.person.subject);
    expect(await states(other)).toEqual([
      'ingest open',
      'recommendation none',
      'analytics frozen',
      'fault-finding none',
    ]);
    const permit = await agreeTo(info, other, 'recommendation');
    expect(await agreeTo(info, me.browser, 'recommendation')).toBe(permit);
  });

  it('opts out of what third parties get by their browser’s signal, when they sign in', async () => {
    const other = await newcomer(info);
    const sold = async () => (await ask(other.browser, api, listOptOuts)).optOuts[0]?.purposes;
    expect(await sold()).toMatchObject([{ purpose: 'fault-finding', state: 'none', dueOn: null }]);
    for (const [signal, state] of [
      ['0', 'none'],
      ['1', 'stopped'],
    ] as const) {
      const { code } = await ask(other.browser, vault, issueSignInCode);
      await ask(other.browser, api, openSession, { body: { code }, headers: { 'sec-gpc': signal } });
      expect(await sold()).toMatchObject([{ purpose: 'fault-finding', state }]);
    }
    expect(await states(other.browser)).toContain('fault-finding declined');
  });

  it('tells what they like, once for each event, and is not shown it again', async () => {
    const { items } = await ask(me.browser, api, listRecommendations, { query: { limit: 3 } });
    expect(items).toHaveLength(3);
    const [{ product }] = items as [(typeof items)[number]];
    const event = {
      kind: 'interaction' as const,
      event: randomUUID(),
      product: product.id,
      interaction: 'hidden' as const,
    };
    expect(await ask(me.browser, api, recordEvents, { body: { events: [event] } })).toMatchObject({
      recorded: 1,
    });
    expect(await ask(me.browser, api, recordEvents, { body: { events: [event] } })).toMatchObject({
      recorded: 0,
      duplicate: 1,
    });
    const next = await ask(me.browser, api, listRecommendations, { query: { limit: 100 } });
    expect(next.items.map((item) => item.product.id)).not.toContain(product.id);
  });

  it('reaches nobody else’s data by naming their permit', async () => {
    const other = await newcomer(info);
    const headers = { 'integument-permit': await agreeTo(info, other.browser, 'ingest') };
    const query = { stream: 'heart-rate' };
    const answer = await request(me.browser, api, readReadings, { headers, query });
    expect([answer.status, answer.code]).toEqual([404, 'permits.not_found']);
  });
});

describe('a session', () => {
  it('of the API comes of a code that works once', async () => {
    const { code } = await ask(me.browser, vault, issueSignInCode);
    await ask(stranger, api, openSession, { body: { code } });
    const again = await request(stranger, api, openSession, { body: { code } });
    expect([again.status, again.code]).toEqual([401, 'sessions.code_invalid']);
  });

  it('does nothing for a page of another origin', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await request(me.browser, api, withdrawConsent, {
        params: { purpose: 'ingest' },
        headers: { origin },
      });
      expect([answer.status, answer.code]).toEqual([403, 'auth.origin']);
    }
    expect(await states(me.browser)).toContain('ingest open');
  });

  it('is over at each app once it is ended there, also for a copy of its cookie', async () => {
    const browser = await signIn(info, me.person.subject);
    const thief = browser.clone();
    await ask(browser, api, closeSession);
    expect((await request(thief, api, listConsents)).status).toBe(401);
    expect((await request(thief, vault, readSelf)).status).toBe(200);
    await ask(browser, vault, signOut);
    expect((await request(thief, vault, readSelf)).status).toBe(401);
  });
});
