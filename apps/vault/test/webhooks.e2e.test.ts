import {
  type ClientId,
  eraseSelf,
  listDeadLetters,
  putWebhook,
  readWebhook,
  removeWebhook,
  type WebhookBody,
  webhookBody,
  withdrawConsent,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Receiver } from '../../../libs/webhooks/src/receiver.fixture.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { agreeTo, newcomer } from '../../../tools/outside/newcomer.js';

const info = platform();
const { vault, api } = info.urls;
const params = { client: 'brand-shop' as ClientId };
const reason = { code: 'legal', reference: 'CASE-4' } as const;
const events = ['consent.given', 'consent.withdrawn', 'consent.ended', 'person.erased'] as const;

let officer: Browser;
let receiver: Receiver;
let secret: string;
beforeAll(async () => {
  officer = await signIn(info, info.staff.privacyOfficer);
  receiver = await Receiver.open();
  const body = { url: receiver.url, events: [...events], reason };
  const put = await ask(officer, vault, putWebhook, { params, body });
  secret = put.secret ?? '';
});
afterAll(async () => {
  await ask(officer, vault, removeWebhook, { params });
  await receiver.close();
});

/** What the shop has heard of somebody, each verified: other stories on this platform have people of their own. */
function heardOf(name: string): WebhookBody[] {
  return receiver.received
    .map(({ headers, body }) =>
      webhookBody.parse(new Webhook(secret).verify(body, headers as Record<string, string>)),
    )
    .filter(({ data }) => data.person === name);
}
const hears = (name: string, ...types: string[]) =>
  expect.poll(() => heardOf(name).map(({ type }) => type), { timeout: 20_000 }).toEqual(types);

describe('an identity client whose endpoint is registered', () => {
  it('hears that somebody agreed, took it back, and was erased, and can verify it', async () => {
    const { name, browser } = await newcomer(info);
    await agreeTo(info, browser, 'recommendation');
    await hears(name, 'consent.given');
    await ask(browser, api, withdrawConsent, { params: { purpose: 'recommendation' } });
    await hears(name, 'consent.given', 'consent.withdrawn');
    expect(heardOf(name).map(({ data }) => data)).toEqual([
      { person: name, purpose: 'recommendation' },
      { person: name, purpose: 'recommendation' },
    ]);
    await ask(browser, vault, eraseSelf);
    await expect.poll(() => heardOf(name).at(-1)?.type, { timeout: 20_000 }).toBe('person.erased');
    expect(heardOf(name).at(-1)?.data).toEqual({ person: name });
  });

  it('is shown to staff without its secret', async () => {
    const view = await ask(officer, vault, readWebhook, { params });
    expect(view).toMatchObject({ state: 'on', dead: 0, secrets: 1, url: receiver.url });
    expect(JSON.stringify(view)).not.toContain(secret);
    expect(await ask(officer, vault, listDeadLetters, { params })).toEqual({ deadLetters: [], more: false });
  });

  it.each([
    'https://169.254.169.254/latest/meta-data',
    'https://[::ffff:10.0.0.1]/',
    'http://client.example/',
  ])('is not moved to %s', async (url) => {
    const answer = await request(officer, vault, putWebhook, { params, body: { url, events, reason } });
    expect([answer.status, answer.code]).toEqual([400, 'webhooks.target_refused']);
    expect(answer.text).not.toContain(new URL(url).hostname);
  });
});
