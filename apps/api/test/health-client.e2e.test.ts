import { randomUUID } from 'node:crypto';
import {
  giveConsent,
  importProducts,
  listConsents,
  listProducts,
  listRecommendations,
  type Reading,
  readReadings,
  recordEvents,
  storeReadings,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { demoCatalogue } from '../../../tools/demo-data/catalogue/index.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { Client } from '../../../tools/outside/client.js';
import { agreeTo, newcomer } from '../../../tools/outside/newcomer.js';
import { noticeOf } from '../../../tools/outside/notices.js';

const info = platform();
const { api } = info.urls;
const app = new Client(info, 'skin-app');
const NOON = Date.UTC(2026, 4, 4, 12);
const DAY_MS = 86_400_000;

let headers: { 'integument-permit': string };
let taste: { 'integument-permit': string };
beforeAll(async () => {
  const products = demoCatalogue.slice(0, 60);
  await ask(app, api, importProducts, { body: { products } });
  const { browser } = await newcomer(info);
  headers = { 'integument-permit': await agreeTo(info, browser, 'ingest') };
  taste = { 'integument-permit': await agreeTo(info, browser, 'recommendation') };
});

async function store(stream: 'skin-temperature' | 'heart-rate', readings: Reading[], batch = randomUUID()) {
  return request(app, api, storeReadings, { headers, body: { batch, stream, readings } });
}

async function read(query: Record<string, string | number>) {
  return ask(app, api, readReadings, { headers, query });
}

describe('a health client', () => {
  it('stores readings in any order and reads them back in order of time, to the last bit', async () => {
    const values = [-273.15, Number.MIN_VALUE, 0.1 + 0.2, 1e300, 36.6, 0, 1 / 3, 42];
    const readings = values.map((value, at): Reading => [NOON - DAY_MS + at * 5 * 3_600_000, value]);
    for (const at of [5, 2, 7, 0, 3, 6, 1, 4]) await store('skin-temperature', readings.slice(at, at + 1));
    const { readings: back, unit, next } = await read({ stream: 'skin-temperature' });
    expect(back).toEqual(readings);
    expect([unit, next]).toEqual(['Cel', null]);
  });

  it('reads a range, page by page', async () => {
    const minutes = Array.from({ length: 25 }, (_, at): Reading => [NOON + at * 60_000, 60 + at]);
    await store('heart-rate', minutes);
    const range = { stream: 'heart-rate', from: NOON + 60_000, to: NOON + 20 * 60_000, limit: 7 };
    const pages: Reading[][] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof read>> = await read({ ...range, ...(cursor && { cursor }) });
      pages.push(page.readings);
      cursor = page.next;
    } while (cursor);
    expect(pages.map(({ length }) => length)).toEqual([7, 7, 6]);
    expect(pages.flat()).toEqual(minutes.slice(1, 21));
  });

  it('may send a batch again, but not another one under its id', async () => {
    const batch = randomUUID();
    const at = NOON + 30 * DAY_MS;
    const readings: Reading[] = [[at, 36]];
    expect((await store('skin-temperature', readings, batch)).json).toEqual({ stored: 1, duplicate: false });
    expect((await store('skin-temperature', readings, batch)).json).toEqual({ stored: 0, duplicate: true });
    const other = await store('skin-temperature', [[at, 37]], batch);
    expect([other.status, other.code]).toEqual([409, 'readings.batch_mismatch']);
    const { readings: stored } = await read({ stream: 'skin-temperature', from: at });
    expect(stored).toEqual(readings);
  });

  it('must name a permit, one of the purpose', async () => {
    const query = { stream: 'heart-rate' };
    const answers = await Promise.all(
      [{}, { 'integument-permit': 'psn_' }, { 'integument-permit': encodeId('psn', randomId()) }, taste].map(
        (named) => request(app, api, readReadings, { headers: { ...named }, query }),
      ),
    );
    expect(answers.map(({ status, code }) => `${status} ${code}`)).toEqual([
      '400 permits.header_missing',
      '404 permits.not_found',
      '404 permits.not_found',
      '404 permits.not_found',
    ]);
  });

  it('records events of products that exist', async () => {
    const { items } = await ask(app, api, listProducts, { query: { limit: 2 } });
    const event = (product: string) => ({
      kind: 'interaction' as const,
      event: randomUUID(),
      product: product as (typeof items)[number]['id'],
      interaction: 'liked' as const,
    });
    const events = [...items.map(({ id }) => event(id)), event('no-such-product')];
    const answer = await ask(app, api, recordEvents, { headers: taste, body: { events } });
    expect(answer).toEqual({ recorded: 2, duplicate: 0, unknownProduct: 1 });
    const list = await ask(app, api, listRecommendations, { headers: taste });
    expect(list.personalised).toBe(true);
  });

  it('can neither give nor look into anybody’s consent', async () => {
    const input = { headers, params: { purpose: 'ingest' }, body: { notice: noticeOf('ingest') } };
    for (const answer of [
      await request(app, api, giveConsent, input),
      await request(app, api, listConsents),
    ]) {
      expect([answer.status, answer.code]).toEqual([403, 'auth.forbidden']);
    }
  });
});
