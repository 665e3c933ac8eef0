import { randomUUID } from 'node:crypto';
import {
  consentHistory,
  endGuardianship,
  enrolPerson,
  issueGuardianCode,
  listConsents,
  listOptOuts,
  listOwnGuardianships,
  makeGuardianship,
  openSession,
  readReadings,
  storeReadings,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SyntheticPerson, synthesise } from '../../../tools/demo/canaries.js';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { agreeTo, newcomer } from '../../../tools/outside/newcomer.js';

const info = platform();
const { vault, api } = info.urls;
const shop = new Client(info, 'brand-shop');

let parent: Browser;
let guardianship: string;
let subject: string;
beforeAll(async () => {
  const { browser, name: guardian } = await newcomer(info);
  parent = browser;
  const [{ enrolment, subject: account }] = synthesise(1) as [SyntheticPerson];
  subject = account;
  const fields = { ...enrolment.fields, birth_date: `${new Date().getUTCFullYear() - 9}-01-01` };
  const body = { ...enrolment, fields, region: 'DE' };
  const { person: child } = await ask(shop, vault, enrolPerson, { body });
  const made = { guardian, child, purposes: ['ingest' as const], evidence: 'Birth certificate' };
  ({ guardianship } = await ask(shop, vault, makeGuardianship, { body: made }));
});

describe('a parent', () => {
  it('whose child may not agree by itself goes on in its place', async () => {
    const child = await signIn(info, subject);
    await expect(agreeTo(info, child, 'ingest')).rejects.toThrow('consent.under_age');
    const { guardianships } = await ask(parent, vault, listOwnGuardianships);
    expect(guardianships).toMatchObject([{ guardianship, purposes: ['ingest'] }]);
    const { code } = await ask(parent, vault, issueGuardianCode, { params: { guardianship } });
    await ask(parent, api, openSession, { body: { code } });
    await agreeTo(info, parent, 'ingest');
    const { consents } = await ask(child, api, listConsents);
    expect(consents.find(({ purpose }) => purpose === 'ingest')).toMatchObject({ state: 'open' });
  });

  it('reads what there is of the child, measures nothing for it, and comes to nothing else', async () => {
    const query = { stream: 'heart-rate' };
    expect((await request(parent, api, readReadings, { query })).status).toBe(200);
    const body = { batch: randomUUID(), ...query, readings: [[Date.now(), 61]] };
    expect((await request(parent, api, storeReadings, { body })).status).toBe(403);
    expect((await request(parent, api, listOptOuts)).status).toBe(403);
    await expect(agreeTo(info, parent, 'analytics')).rejects.toThrow('consent.not_guarded');
  });

  it('is out with the answer that the guardianship has ended, and what they agreed to ends', async () => {
    const { ended } = await ask(shop, vault, endGuardianship, { params: { guardianship } });
    expect(ended).toBe('everywhere');
    expect((await request(parent, api, listConsents)).status).toBe(401);
    const child = await signIn(info, subject);
    const history = async () =>
      (await ask(child, api, consentHistory, { params: { purpose: 'ingest' } })).events.map(
        ({ kind, channel }) => `${kind} ${channel}`,
      );
    await expect.poll(history, { timeout: 15_000 }).toEqual(['given guardian', 'expired none']);
  });
});
