import { randomBytes } from 'node:crypto';
import {
  approveApproval,
  DAYS,
  draftRules,
  enactRules,
  enrolPerson,
  listRuleVersions,
  noop,
  RULES_MAX,
  type RuleDocument,
  readRuleVersion,
  readSelf,
  requestApproval,
  tryRules,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { synthesise } from '../../../tools/demo/canaries.js';
import { ask, type Exchange, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { findEntries } from '../../../tools/outside/find-entries.js';

// Rules that the company stores: drafted, tried, agreed to, in force at both apps with the answer, and taken back.

const info = platform();
const { vault, api } = info.urls;
const reason = { code: 'legal', reference: 'RULES-7' } as const;
const shop = new Client(info, 'brand-shop');
const app = new Client(info, 'skin-app');
const name = randomBytes(6).toString('hex');

let admin: Browser;
let officer: Browser;
let before: number;
let document: RuleDocument;
beforeAll(async () => {
  admin = await signIn(info, info.staff.admin);
  officer = await signIn(info, info.staff.privacyOfficer);
  before = (await ask(officer, vault, listRuleVersions)).inForce;
  const read = await ask(officer, vault, readRuleVersion, { params: { version: before } });
  document = read.document as RuleDocument;
});
// The other stories go on as if nothing had been.
afterAll(async () => {
  const { inForce } = await ask(officer, vault, listRuleVersions);
  if (inForce !== before) await enact(before);
});

const refusalOf = async (asked: Promise<Exchange>) => {
  const { status, code } = await asked;
  return `${status} ${code ?? ''}`.trim();
};
async function approved(version: number): Promise<{ digest: string; approval: string }> {
  const { digest } = await ask(officer, vault, readRuleVersion, { params: { version } });
  const parameters = { version: String(version), digest };
  const body = { operation: 'rules.enact' as const, parameters, reason };
  const { approval } = await ask(admin, vault, requestApproval, { body });
  await ask(officer, vault, approveApproval, { params: { approval } });
  return { digest, approval };
}
async function enact(version: number) {
  const body = await approved(version);
  return ask(admin, vault, enactRules, { params: { version }, body });
}
/** A day that is neither today nor tomorrow, wherever the clocks are read. */
function anotherDay(): (typeof DAYS)[number] {
  return DAYS[(new Date().getUTCDay() + 2) % 7] ?? 'mon';
}
const closed = () => ({
  hours: { days: [anotherDay()], from: '00:00', to: '24:00', timeZone: 'Europe/Berlin' },
});
const rule = (id: string, at: 'vault' | 'api', client: string, only: object[]) => ({
  id: `${id}-${name}`,
  app: at,
  who: { clients: [client] },
  action: 'ping',
  resource: 'Service',
  only,
});
const drafted = () => ({
  ...document,
  rules: [
    ...document.rules,
    rule('shop', 'vault', 'brand-shop', [closed()]),
    rule('app', 'api', 'skin-app', [closed()]),
    {
      ...rule('enrol', 'vault', 'brand-shop', [{ region: ['DE'] }]),
      action: 'enrol',
      resource: 'Person',
    },
  ],
});

describe('rules that the company stores', () => {
  let version: number;
  let digest: string;

  it('are refused with anything in them that nobody declared, and nothing is stored', async () => {
    const { versions } = await ask(officer, vault, listRuleVersions);
    const [first] = drafted().rules.slice(-3);
    const wrong: unknown[] = [
      { ...document, allow: true },
      { ...document, rules: [{ ...first, only: [{ admin: true }] }] },
      { ...document, rules: [{ ...first, action: 'enact', resource: 'Rule' }] },
      { ...document, rules: [{ ...first, only: [{ constructor: { prototype: {} } }] }] },
      { ...document, rules: [first, first] },
    ];
    for (const body of wrong)
      expect(await refusalOf(request(admin, vault, draftRules, { body }))).toMatch(/^400 request\./);
    const poisoned = `{"format":1,"rules":[{"__proto__":{"admin":true}}],"reveals":[]}`;
    const sent = await admin.send(new URL('/v1/rules/versions', vault).href, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: info.urls.web },
      body: poisoned,
    });
    expect(sent.status).toBe(400);
    expect((await ask(officer, vault, listRuleVersions)).versions).toEqual(versions);
  });

  it('are drafted by an admin alone, and decide nothing yet', async () => {
    const body = drafted();
    expect(await refusalOf(request(officer, vault, draftRules, { body }))).toBe('403 auth.forbidden');
    ({ version, digest } = await ask(admin, vault, draftRules, { body: body }));
    expect(await refusalOf(request(shop, vault, noop))).toBe('200');
  });

  it('are tried: what is now, what would be, and which would say no', async () => {
    const ping = { action: 'ping', resource: 'Service', caller: { client: 'brand-shop' } };
    const enrol = { ...ping, app: 'vault' as const, action: 'enrol', resource: 'Person' };
    const questions = [
      { ...ping, app: 'vault' as const },
      { ...ping, app: 'api' as const },
      { ...enrol, region: 'DE-BE' },
      enrol,
    ];
    const { answers } = await ask(officer, vault, tryRules, { body: { version, questions } });
    expect(answers.map(({ now }) => now?.allowed)).toEqual([true, true, true, true]);
    expect(answers.map(({ tried }) => tried.refusedBy)).toEqual([
      [`shop-${name}`],
      [],
      [],
      [`enrol-${name}`],
    ]);
  });

  it('come into force for a second person alone, once', async () => {
    const parameters = { version: String(version), digest };
    const body = { operation: 'rules.enact' as const, parameters, reason };
    const { approval } = await ask(admin, vault, requestApproval, { body });
    const input = { params: { version: String(version) }, body: { digest, approval } };
    expect(await refusalOf(request(admin, vault, enactRules, input))).toBe('409 approvals.not_approved');
    expect(await refusalOf(request(admin, vault, approveApproval, { params: { approval } }))).toMatch(
      /^40[34] /,
    );
    await ask(officer, vault, approveApproval, { params: { approval } });

    let answered = false;
    const flood = Promise.all(
      [
        [shop, vault],
        [app, api],
      ].map(async ([who, url]) => {
        const late: number[] = [];
        while (!answered || late.length < 50) {
          const sentAfter = answered;
          const { status } = await request(who as Client, url as string, noop);
          if (sentAfter) late.push(status);
        }
        return late;
      }),
    );
    const enacted = await ask(admin, vault, enactRules, input as never);
    answered = true;
    expect(enacted).toMatchObject({ version, state: 'in-force' });
    // What was sent after the answer is decided by the new rules at both apps, every single time.
    for (const late of await flood) expect([...new Set(late)]).toEqual([403]);
    expect(await refusalOf(request(admin, vault, enactRules, input))).toBe('409 approvals.over');
  });

  it('narrow what a request is about, and concern no person', async () => {
    const enrol = (region?: string) =>
      refusalOf(
        request(shop, vault, enrolPerson, {
          body: { fields: { given_name: 'Ada' }, ...(region && { region }) },
        }),
      );
    expect([await enrol('DE-BY'), await enrol('FR'), await enrol()]).toEqual([
      '201',
      '403 auth.forbidden',
      '403 auth.forbidden',
    ]);
    const [person] = synthesise(1);
    await ask(shop, vault, enrolPerson, { body: { ...person?.enrolment, region: 'DE' } as never });
    const browser = await signIn(info, person?.subject ?? '');
    expect((await ask(browser, vault, readSelf)).region).toBe('DE');
  });

  it('are named in the log by whatever they decided', async () => {
    const auditor = await signIn(info, info.staff.auditor);
    await vi.waitFor(
      async () => {
        for (const url of [vault, api]) {
          const found = await findEntries(auditor, url, { action: 'session.noop', outcome: 'refused' });
          const policies = found.map(({ entry }) => entry.policy ?? '');
          expect(policies.some((policy) => policy.endsWith(`.${digest.slice(0, 12)}`))).toBe(true);
        }
      },
      { timeout: 20_000, interval: 300 },
    );
  });

  it('come to the API, too, when there are ten thousand of them', async () => {
    await enact(before);
    expect(await refusalOf(request(app, api, noop))).toBe('200');
    const own = drafted();
    const others = Array.from({ length: RULES_MAX - own.rules.length }, (_, at) =>
      rule(`other-${at}`, at % 2 === 0 ? 'vault' : 'api', `client-${at}`, [closed(), closed()]),
    );
    const body = { ...own, rules: [...others, ...own.rules] };
    const many = await ask(admin, vault, draftRules, { body: body });
    expect(many.rules).toBe(RULES_MAX);
    await enact(many.version);
    expect(await refusalOf(request(app, api, noop))).toBe('403 auth.forbidden');
    const one = { ...body, rules: [...body.rules, rule('more', 'vault', 'x', [closed()])] };
    expect(await refusalOf(request(admin, vault, draftRules, { body: one }))).toBe('400 request.invalid');
  });

  it('are rolled back as they came', async () => {
    expect(await enact(before)).toMatchObject({ version: before, state: 'in-force' });
    expect(await refusalOf(request(shop, vault, noop))).toBe('200');
    expect(await refusalOf(request(app, api, noop))).toBe('200');
    const { versions } = await ask(officer, vault, listRuleVersions);
    expect(versions.find((one) => one.version === version)).toMatchObject({ state: 'past' });
  });
});
