import { randomUUID } from 'node:crypto';
import {
  type ErasureClaim,
  type ErasureId,
  erasePerson,
  eraseSelf,
  listConsents,
  readErasure,
  readPerson,
  readReadings,
  readSelf,
  revealPerson,
  searchPeople,
  storeReadings,
  updatePerson,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { agreeTo, type Newcomer, newcomer } from '../../../tools/outside/newcomer.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;
const shop = new Client(info, 'brand-shop');
const skinApp = new Client(info, 'skin-app');
const reason = { code: 'customer-request', reference: 'CASE-1042' } as const;

async function completed(erasure: ErasureId, claim: ErasureClaim): Promise<{ keysDestroyed: number }> {
  const read = () =>
    ask(stranger, vault, readErasure, { params: { erasure }, headers: { 'integument-claim': claim } });
  await expect.poll(async () => (await read()).state, { timeout: 20_000, interval: 100 }).toBe('completed');
  return read();
}

/** Everything that somebody can do with or as a person. */
async function statuses(
  { name, person, browser }: Newcomer,
  permit: string,
): Promise<Record<string, number>> {
  const headers = { 'integument-permit': permit };
  const params = { person: name };
  const stream = 'heart-rate';
  const reveal = { fields: ['email'], purpose: 'delivery', reason: { code: 'order', reference: 'ORDER-1' } };
  const batch = { batch: randomUUID(), stream, readings: [[Date.now(), 60]] };
  const { people } = await ask(shop, vault, searchPeople, {
    body: { field: 'email', value: person.enrolment.fields.email ?? '' },
  });
  return {
    found: people.length,
    read: (await request(shop, vault, readPerson, { params })).status,
    revealed: (await request(shop, vault, revealPerson, { params, body: reveal })).status,
    updated: (await request(shop, vault, updatePerson, { params, body: { fields: { birth_date: null } } }))
      .status,
    atVault: (await request(browser, vault, readSelf)).status,
    atApi: (await request(browser, api, listConsents)).status,
    stored: (await request(skinApp, api, storeReadings, { headers, body: batch })).status,
    readBack: (await request(skinApp, api, readReadings, { headers, query: { stream } })).status,
  };
}

const ALIVE = {
  found: 1,
  read: 200,
  revealed: 200,
  updated: 200,
  atVault: 200,
  atApi: 200,
  stored: 201,
  readBack: 200,
};
const GONE = {
  found: 0,
  read: 404,
  revealed: 404,
  updated: 404,
  atVault: 401,
  atApi: 401,
  stored: 404,
  readBack: 404,
};

describe('an erasure', () => {
  it('that a person asks for ends everything about them, and is proved by their claim', async () => {
    const me = await newcomer(info);
    const permit = await agreeTo(info, me.browser, 'ingest');
    expect(await statuses(me, permit)).toEqual(ALIVE);
    const { erasure, claim } = await ask(me.browser, vault, eraseSelf);
    expect((await completed(erasure, claim)).keysDestroyed).toBe(2);
    expect(await statuses(me, permit)).toEqual(GONE);
  });

  it('that an identity client asks for with a reason does the same', async () => {
    const somebody = await newcomer(info);
    const permit = await agreeTo(info, somebody.browser, 'ingest');
    const params = { person: somebody.name };
    const unreasoned = await request(shop, vault, erasePerson, { params, body: {} });
    expect([unreasoned.status, unreasoned.code]).toEqual([400, 'request.invalid']);
    expect(await statuses(somebody, permit)).toEqual(ALIVE);
    const { erasure, claim } = await ask(shop, vault, erasePerson, { params, body: { reason } });
    await completed(erasure, claim);
    expect(await statuses(somebody, permit)).toEqual(GONE);
    const again = await request(shop, vault, erasePerson, { params, body: { reason } });
    expect([again.status, again.code]).toEqual([404, 'people.not_found']);
  });

  it('takes effect at once, before the keys are gone', async () => {
    const somebody = await newcomer(info);
    await ask(somebody.browser, vault, eraseSelf);
    const { name, browser } = somebody;
    expect((await request(shop, vault, readPerson, { params: { person: name } })).status).toBe(404);
    expect((await request(browser, vault, readSelf)).status).toBe(401);
  });

  it('lets the account come back as somebody new', async () => {
    const before = await newcomer(info);
    await agreeTo(info, before.browser, 'ingest');
    const { erasure, claim } = await ask(before.browser, vault, eraseSelf);
    await completed(erasure, claim);
    const after = await signIn(info, before.person.subject);
    expect((await ask(after, vault, readSelf)).fields).toEqual({});
    const { consents } = await ask(after, api, listConsents);
    expect(consents.map(({ state }) => state)).toEqual(['none', 'none', 'none', 'none']);
  });

  it('is nobody’s business without its claim', async () => {
    const somebody = await newcomer(info);
    const { erasure } = await ask(somebody.browser, vault, eraseSelf);
    const wrong = [{}, { 'integument-claim': encodeId('ecl', randomId()) }, { 'integument-claim': 'ecl_' }];
    for (const headers of wrong) {
      const answer = await request(stranger, vault, readErasure, {
        params: { erasure },
        headers: headers as Record<string, string>,
      });
      expect([answer.status, answer.code]).toEqual([404, 'erasure.not_found']);
    }
  });
});
