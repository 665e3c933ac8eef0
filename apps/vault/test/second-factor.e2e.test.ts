import {
  beginPasskey,
  beginTotp,
  beginUse,
  changeAlertRule,
  enrolPasskey,
  enrolTotp,
  issueSignInCode,
  listAlertRules,
  listFactors,
  makeRecoveryCodes,
  openSession,
  readSession,
  removeFactor,
  usePasskey,
  useRecoveryCode,
  useTotp,
} from '@integument/contracts';
import { sessionLeasesOver } from '@integument/http';
import { platform } from '@integument/testing';
import { generateSync } from 'otplib';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { SoftwarePasskey } from '../../../tools/outside/software-passkey.js';

// A member of staff enrols both factors, signs in again, steps up. One story: each step stands on those before it.

const info = platform();
const { vault, api } = info.urls;
const ADAM = info.demoStaff.admin;
const passkey = new SoftwarePasskey(info.urls.web, SoftwarePasskey.make());
const rule = {
  params: { rule: 'a-rule-of-the-story' },
  body: {
    title: 'Of a story',
    enabled: false,
    definition: {
      match: { actions: ['people.reveal'] },
      groupBy: 'actor',
      when: { kind: 'each' },
      coolDownSeconds: 60,
    },
  },
} as const;

let database: pg.Client;
let browser: Browser;
let secret: string;
let recoveryCodes: string[];
const began = new Date().toISOString();
beforeAll(async () => {
  database = new pg.Client(info.databases.vault.superuserUrl ?? '');
  await database.connect();
});
afterAll(() => database.end());

async function signedIn(): Promise<Browser> {
  const fresh = new Browser(info);
  await fresh.signIn(ADAM);
  return fresh;
}
async function touchPasskey(who: Browser): Promise<void> {
  const options = await ask(who, vault, beginUse);
  await ask(who, vault, usePasskey, { body: { credential: passkey.get(options) } });
}
const codeAt = (seconds: number) => generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + seconds });
const refusalOf = async (asked: ReturnType<typeof request>) => {
  const { status, code } = await asked;
  return `${status} ${code ?? ''}`;
};
/** As if so many seconds had passed since the factors of all sessions of admins were used. */
const age = async (seconds: number) => {
  await database.query(
    `UPDATE vault_session SET factor_at = factor_at - make_interval(secs => $1)
     WHERE staff IN (SELECT account FROM staff WHERE 'admin' = ANY(roles))`,
    [seconds],
  );
  await sessionLeasesOver();
};

it('at the first sign-in there is nothing to do but to enrol', async () => {
  browser = await signedIn();
  expect(await ask(browser, vault, readSession)).toMatchObject({ roles: ['admin'], factorAt: null });
  expect(await refusalOf(request(browser, vault, listAlertRules))).toBe('403 auth.factor_required');
  expect(await refusalOf(request(browser, vault, issueSignInCode))).toBe('403 auth.factor_required');
  expect(await refusalOf(request(browser, vault, makeRecoveryCodes))).toBe('403 auth.factor_required');
});

it('an authenticator app is enrolled by its first code, and the cookie before it is dead', async () => {
  const begun = await ask(browser, vault, beginTotp);
  ({ secret } = begun);
  expect(begun.uri).toMatch(/^otpauth:\/\/totp\/Integument:admin\?/);
  const stolen = browser.clone();
  for (const code of [
    ` ${codeAt(0)}`,
    codeAt(0).replace(/\d/g, (d) => String.fromCharCode(0x660 + Number(d))),
  ])
    expect(await refusalOf(request(browser, vault, enrolTotp, { body: { code } }))).toBe(
      '400 request.invalid',
    );
  await ask(browser, vault, enrolTotp, { body: { code: codeAt(-30) } });
  expect(await ask(browser, vault, listAlertRules)).toBeDefined();
  expect(await refusalOf(request(stolen, vault, readSession))).toBe('401 auth.required');
});

it('a passkey and recovery codes come beside it', async () => {
  const options = await ask(browser, vault, beginPasskey);
  await ask(browser, vault, enrolPasskey, { body: { credential: passkey.create(options) } });
  ({ codes: recoveryCodes } = await ask(browser, vault, makeRecoveryCodes));
  const { factors, recoveryCodes: left } = await ask(browser, vault, listFactors);
  expect([factors.map(({ kind }) => kind).sort(), left]).toEqual([['passkey', 'totp'], 10]);
});

it('the next sign-in wants one of them, each code once', async () => {
  const [next, another] = [await signedIn(), await signedIn()];
  expect(await refusalOf(request(next, vault, listAlertRules))).toBe('403 auth.factor_required');
  expect(await refusalOf(request(next, vault, beginTotp))).toBe('403 auth.step_up_required');
  const code = codeAt(0);
  await ask(next, vault, useTotp, { body: { code } });
  expect(await refusalOf(request(another, vault, useTotp, { body: { code } }))).toBe('403 factors.refused');
  await touchPasskey(another);
  for (const who of [next, another]) expect(await ask(who, vault, listAlertRules)).toBeDefined();
  browser = another;
});

it('a fresh sign-in has the provider ask for the password again, and say when it did', async () => {
  const asked = async (query: string) => {
    const reply = await browser.send(`${vault}/v1/sign-in${query}`);
    const { searchParams } = new URL(reply.headers.get('location') ?? '');
    return [searchParams.get('prompt'), searchParams.get('max_age')];
  };
  expect(await asked('?fresh=true')).toEqual(['login', '300']);
  expect(await asked('')).toEqual([null, '43200']);
  expect((await browser.send(`${vault}/v1/sign-in?fresh=yes`)).status).toBe(400);
});

it('what is dangerous wants a fresh factor, at both apps', async () => {
  await age(301);
  const stale = await request(browser, vault, changeAlertRule, rule);
  expect([stale.status, stale.code]).toEqual([403, 'auth.step_up_required']);
  expect(stale.headers.get('www-authenticate')).toMatch(/insufficient_user_authentication.*max_age="300"/);
  await browser.openApiSession();
  expect(await ask(browser, api, listAlertRules)).toBeDefined();
  expect(await refusalOf(request(browser, api, changeAlertRule, rule))).toBe('403 auth.step_up_required');
  await touchPasskey(browser);
  await ask(browser, vault, changeAlertRule, rule);
  // The API's session still is the one from before: it learns of the factor by another code.
  expect(await refusalOf(request(browser, api, changeAlertRule, rule))).toBe('403 auth.step_up_required');
  const { code } = await ask(browser, vault, issueSignInCode);
  await ask(browser, api, openSession, { body: { code } });
  await ask(browser, api, changeAlertRule, rule);
});

it('a recovery code lifts one session, once, and the factors stay', async () => {
  const [code = ''] = recoveryCodes;
  const [next, another] = [await signedIn(), await signedIn()];
  await ask(next, vault, useRecoveryCode, { body: { code } });
  expect(await refusalOf(request(another, vault, useRecoveryCode, { body: { code } }))).toBe(
    '403 factors.refused',
  );
  expect(await refusalOf(request(await signedIn(), vault, listAlertRules))).toBe('403 auth.factor_required');
  expect(await ask(next, vault, listFactors)).toMatchObject({ factors: [{}, {}], recoveryCodes: 9 });
});

it('one factor can be removed, the last cannot', async () => {
  const { factors } = await ask(browser, vault, listFactors);
  const idOf = (kind: string) => factors.find((one) => one.kind === kind)?.factor ?? '';
  await ask(browser, vault, removeFactor, { params: { factor: idOf('totp') } });
  const last = { params: { factor: idOf('passkey') } };
  expect(await refusalOf(request(browser, vault, removeFactor, last))).toBe('409 factors.last_factor');
});

it('all of it stands in the log, with how long ago a factor was used', async () => {
  const auditor = await signIn(info, info.staff.auditor);
  const ofAdmins = async () =>
    (await findEntries(auditor, vault, { from: began })).filter(({ entry }) =>
      entry.actor.roles?.includes('admin'),
    );
  const seen = (entries: Awaited<ReturnType<typeof ofAdmins>>) =>
    entries.map(({ entry }) => `${entry.action} ${entry.code ?? entry.outcome}`);
  await vi.waitFor(
    async () => expect(seen(await ofAdmins())).toContain('factors.remove factors.last_factor'),
    {
      timeout: 15_000,
      interval: 200,
    },
  );
  const entries = await ofAdmins();
  for (const expected of [
    'factors.enrol_totp done',
    'factors.enrol_passkey done',
    'factors.make_recovery_codes done',
    'factors.use_totp done',
    'factors.use_totp factors.refused',
    'factors.use_passkey done',
    'factors.use_recovery_code done',
    'factors.remove done',
    'audit.alert_rules auth.factor_required',
    'audit.change_alert_rule auth.step_up_required',
  ])
    expect(seen(entries)).toContain(expected);
  const changed = entries.find(
    ({ entry }) => entry.action === 'audit.change_alert_rule' && entry.outcome === 'done',
  );
  const { factorAge } = (changed?.entry.actor ?? {}) as { factorAge?: number };
  expect(factorAge).toBeLessThanOrEqual(300);
});
