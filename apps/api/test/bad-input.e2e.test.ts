import { randomUUID } from 'node:crypto';
import { listConsents, readReadings, storeReadings } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { word } from '../../../tools/demo/canaries.js';
import { ask } from '../../../tools/outside/ask.js';
import type { Browser } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { readLogs } from '../../../tools/outside/log-files.js';
import { agreeTo, newcomer } from '../../../tools/outside/newcomer.js';
import { noticeOf } from '../../../tools/outside/notices.js';
import { stranger } from '../../../tools/outside/visitor.js';
import { sendWrong, type WrongRequest } from '../../../tools/outside/wrong-request.js';

const info = platform();
const { api } = info.urls;
const app = new Client(info, 'skin-app');
/** stands in every wrong request below; must come back from nowhere */
const canary = word();
const NOON = Date.UTC(2026, 4, 4, 12);
const stream = 'skin-hydration' as const;

let browser: Browser;
let headers: Record<string, string>;
beforeAll(async () => {
  ({ browser } = await newcomer(info));
  headers = { 'integument-permit': await agreeTo(info, browser, 'ingest') };
  await agreeTo(info, browser, 'recommendation');
});

type Answer = WrongRequest['answer'];
const INVALID: Answer = [400, 'request.invalid'];

function batch(change: object): WrongRequest {
  const body = { batch: randomUUID(), stream, readings: [[NOON, 41.5]], ...change };
  return { path: '/v1/readings', body: JSON.stringify(body), headers, answer: INVALID };
}

function raw(body: string | Buffer, answer: Answer): WrongRequest {
  return { path: '/v1/readings', body, headers, answer };
}

function get(path: string, answer: Answer = INVALID): WrongRequest {
  return { path, method: 'GET', body: '', headers, answer };
}

/** In a person's own session: nothing about consent is a client's business. */
const IN_SESSION: Readonly<Record<string, () => WrongRequest>> = {
  'an unknown purpose': () => ({
    path: `/v1/me/consents/${canary}/give`,
    body: JSON.stringify({ notice: noticeOf('ingest') }),
    answer: INVALID,
  }),
  'a purpose of every object': () => ({
    path: '/v1/me/consents/constructor/give',
    body: JSON.stringify({ notice: noticeOf('ingest'), canary }),
    answer: INVALID,
  }),
  'a notice that is no digest': () => ({
    path: '/v1/me/consents/analytics/give',
    body: JSON.stringify({ notice: canary }),
    answer: INVALID,
  }),
  'a body that a withdrawal does not have': () => ({
    path: '/v1/me/consents/ingest/withdraw',
    body: JSON.stringify({ reason: canary }),
    answer: INVALID,
  }),
  'an event of an unknown kind': () => ({
    path: '/v1/events',
    body: JSON.stringify({ events: [{ kind: canary, event: randomUUID() }] }),
    answer: INVALID,
  }),
  'a skin type that there is not': () => ({
    path: '/v1/events',
    body: JSON.stringify({
      events: [{ kind: 'profile', event: randomUUID(), skinTypes: [canary], concerns: [] }],
    }),
    answer: INVALID,
  }),
};

const BY_CLIENT: Readonly<Record<string, () => WrongRequest>> = {
  'an unknown field': () => batch({ [canary]: canary }),
  'a batch id that is no UUID': () => batch({ batch: canary }),
  'an unknown stream': () => batch({ stream: canary }),
  'no readings': () => batch({ readings: [] }),
  'more readings than a batch holds': () =>
    batch({ readings: Array.from({ length: 10_001 }, (_, at) => [NOON + at, 1]) }),
  'a text for a value': () => batch({ readings: [[NOON, canary]] }),
  'a text for a time': () => batch({ readings: [[canary, 1]] }),
  'a time in seconds': () => batch({ readings: [[NOON / 1_000, 1]] }),
  'a broken time': () => batch({ readings: [[NOON + 0.5, 1]] }),
  'three parts of a reading': () => batch({ readings: [[NOON, 1, canary]] }),
  'null for a value': () => batch({ readings: [[NOON, null]] }),
  'a number beyond all numbers': () =>
    raw(`{"batch":"${randomUUID()}","stream":"${stream}","readings":[[${NOON},1e999]]}`, INVALID),
  'no JSON': () => raw(`{"batch": ${canary}`, [400, 'request.json']),
  __proto__: () => raw(`{"__proto__":{"stream":"${canary}"}}`, [400, 'request.json']),
  'bytes that are not UTF-8': () =>
    raw(Buffer.concat([Buffer.from(`{"stream":"${canary}`), Buffer.from([0xff, 0x22, 0x7d])]), [
      400,
      'request.encoding',
    ]),
  'another content type': () => ({
    ...raw(`<stream>${canary}</stream>`, [415, 'request.media_type']),
    headers: { ...headers, 'content-type': 'application/xml' },
  }),
  'a body that is too large': () => raw(`{"stream":"${'x'.repeat(4_300_000)}"}`, [413, 'request.too_large']),
  'no permit': () => ({ ...batch({}), headers: {}, answer: [400, 'permits.header_missing'] }),
  'a permit that is none': () => ({
    ...batch({}),
    headers: { 'integument-permit': canary },
    answer: [404, 'permits.not_found'],
  }),
  'a permit of nobody': () => ({
    ...batch({}),
    headers: { 'integument-permit': encodeId('psn', randomId()) },
    answer: [404, 'permits.not_found'],
  }),
  'a mistyped permit': () => ({
    ...batch({}),
    headers: { 'integument-permit': mistyped(headers['integument-permit'] ?? '') },
    answer: [404, 'request.unknown_id'],
  }),
  'an unknown query parameter': () => get(`/v1/readings?stream=${stream}&${canary}=${canary}`),
  'a parameter twice': () => get(`/v1/readings?stream=${stream}&stream=${canary}`),
  'a cursor of nobody': () => get(`/v1/readings?stream=${stream}&cursor=${canary}`),
  'a limit that is no number': () => get(`/v1/readings?stream=${stream}&limit=${canary}`),
  'a limit of nothing': () => get(`/v1/readings?stream=${stream}&limit=0&from=${NOON}`),
  'a cursor of products of nobody': () => get(`/v1/products?cursor=${canary}!`),
  'a broken escape': () => get(`/v1/readings/%zz${canary}`, [400, 'request.malformed']),
  'an unknown path': () => get(`/v1/${canary}`, [404, 'request.unknown_route']),
  'a code that is none': () => ({
    path: '/v1/sessions',
    body: JSON.stringify({ code: canary }),
    answer: INVALID,
  }),
  'a code that nobody gave out': () => ({
    path: '/v1/sessions',
    body: JSON.stringify({ code: encodeId('sic', randomId()) }),
    answer: [401, 'sessions.code_invalid'],
  }),
};

async function mustRefuse(visitor: Client | Browser, wrong: WrongRequest): Promise<void> {
  const answer = await sendWrong(visitor, api, wrong);
  expect([answer.status, answer.code]).toEqual(wrong.answer);
  expect(JSON.stringify([answer.text, [...answer.headers]])).not.toContain(canary);
}

describe('the API', () => {
  it.each(Object.keys(BY_CLIENT))('refuses %s with a stable code and without repeating it', (what) =>
    mustRefuse(app, BY_CLIENT[what]?.() as WrongRequest),
  );

  it.each(Object.keys(IN_SESSION))('refuses %s in a person’s session', (what) =>
    mustRefuse(browser, IN_SESSION[what]?.() as WrongRequest),
  );

  it('answers a large body of somebody unknown before it is read', async () => {
    const wrong = { path: '/v1/readings', body: `{"stream":"${'x'.repeat(900_000)}"}`, answer: INVALID };
    const answer = await sendWrong(stranger, api, wrong);
    expect([answer.status, answer.code]).toEqual([401, 'auth.required']);
  });

  it('has stored and changed nothing by all that', async () => {
    const query = { stream };
    expect((await ask(app, api, readReadings, { headers, query })).readings).toEqual([]);
    const { consents } = await ask(browser, api, listConsents);
    expect(consents.map(({ state }) => state)).toEqual(['open', 'open', 'none', 'none']);
    // A right one is stored: the reading back would have shown the others.
    const body = { batch: randomUUID(), stream, readings: [[NOON, 41.5] as [number, number]] };
    await ask(app, api, storeReadings, { headers, body });
    expect((await ask(app, api, readReadings, { headers, query })).readings).toEqual([[NOON, 41.5]]);
  });

  it('has logged nothing of all that', () => {
    const logs = readLogs(info);
    expect(logs).toContain('listening');
    expect(logs).not.toContain(canary);
  });
});

function mistyped(id: string): string {
  return `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
}
