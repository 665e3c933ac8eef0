import {
  issueSignInCode,
  openPermit,
  openSession,
  readPerson,
  reportBounces,
  requestLetters,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, type LooseInput, request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { CertificateHolder } from '../../../tools/outside/certificate-holder.js';
import { Client } from '../../../tools/outside/client.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { type Newcomer, newcomer } from '../../../tools/outside/newcomer.js';

// The API asks for a letter by a gate; the person finds it in their mail, and it comes back.

const info = platform();
const { vault, vaultInternal, api: dataPlane, mail, web } = info.urls;

interface Caught {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
}

let api: CertificateHolder;
let somebody: Newcomer;
let gate: string;
beforeAll(async () => {
  api = CertificateHolder.asApi(info);
  somebody = await newcomer(info);
  const { code } = await ask(somebody.browser, vault, issueSignInCode);
  const { session } = await ask(somebody.browser, dataPlane, openSession, { body: { code } });
  const opening = { session, purpose: 'analytics', gate: encodeId('gat', randomId()), epoch: 1 };
  ({ gate } = await ask(api, vaultInternal, openPermit, { body: opening } as never));
});
afterAll(() => api.close());

const letter = () => ({
  gate,
  key: encodeId('ltk', randomId()),
  template: 'erasure-planned',
  on: '2099-03-09',
});
const asked = (input: LooseInput) => request(api, vaultInternal, requestLetters, input);

async function caught(): Promise<Caught[]> {
  const reply = await fetch(`${mail}/letters.json`);
  const { letters } = (await reply.json()) as { letters: Caught[] };
  return letters.filter(({ to }) => to.includes(somebody.person.enrolment.fields.email ?? ''));
}

it('the letter that the API asked for by a gate is in the person’s mail, and says nothing of what it is about', async () => {
  const wanted = letter();
  const [first, again] = [
    await asked({ body: { letters: [wanted] } }),
    await asked({ body: { letters: [wanted] } }),
  ];
  expect([first.json, again.json]).toEqual(Array(2).fill({ results: [{ accepted: true }] }));
  await expect.poll(caught, { timeout: 20_000 }).toHaveLength(1);
  const [{ subject, text } = { subject: '', text: '' }] = await caught();
  expect(subject).toBe('About your account');
  expect(text).toContain('is erased on 9 March 2099');
  expect(text).toContain(web);
  expect(text).not.toMatch(/analytics|skin|health/i);
});

it('once it has come back no other is sent to that address, and staff see why', async () => {
  const shop = new Client(info, 'brand-shop');
  const params = { person: somebody.name as never };
  const seen = async () => (await ask(shop, vault, readPerson, { params })).undeliverable;
  expect(await seen()).toBe(false);
  const [{ messageId } = { messageId: '' }] = await caught();
  const reported = await request(shop, vault, reportBounces, {
    body: { letters: [messageId], kind: 'permanent' },
  });
  expect(reported.status).toBe(204);
  expect(await seen()).toBe(true);
  const refused = await asked({ body: { letters: [letter()] } });
  expect(refused.json).toEqual({ results: [{ code: 'letters.undeliverable' }] });
});

it('the log has what became of it, and neither the address nor the letter’s name', async () => {
  const auditor = await signIn(info, info.staff.auditor);
  const [{ messageId } = { messageId: '' }] = await caught();
  for (const action of ['letters.request', 'letters.sent', 'letters.report_bounces']) {
    const entries = await findEntries(auditor, vault, { action });
    expect([action, entries.length > 0]).toEqual([action, true]);
    const text = JSON.stringify(entries);
    expect(text).not.toContain(somebody.person.enrolment.fields.email);
    expect(text).not.toContain(messageId.slice(5, 30));
  }
});

it('the page with caught letters is for this machine’s own names alone', async () => {
  const page = await fetch(mail);
  expect(await page.text()).toContain('About your account');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});
