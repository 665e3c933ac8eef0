import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { newcomer } from '../../../tools/outside/newcomer.js';
import { declaredRoutes, knock } from '../../../tools/outside/routes.js';
import { stranger, type Visitor } from '../../../tools/outside/visitor.js';
import { PUBLIC_ROUTES } from '../../../tools/proofs/access/public-routes.fixture.js';

const info = platform();

/**
 * Who gets into which route, written down apart from the contracts and abilities that decide it. Letters: Person,
 * privacy Officer, Auditor, Shop (identity client), skin app (Health client). `*`: everybody, a stranger too.
 */
const AUDIT: Readonly<Record<string, string>> = {
  'audit.entries': 'A',
  'audit.stream': 'A',
  'audit.export': 'A',
  'audit.inclusion': 'A',
  'audit.consistency': 'A',
  'audit.tlog_tile': 'A',
  'audit.tlog_checkpoint': '*',
  'audit.report': 'A',
  'audit.feeds': 'A',
  'audit.alerts': 'OA',
  'audit.alert_rules': 'OA',
  'audit.try_alert_rule': 'OA',
  'audit.change_alert_rule': 'O',
  'audit.checkpoint': '*',
};
const VAULT: Readonly<Record<string, string>> = {
  'people.enrol': 'S',
  'people.enrol_batch': 'S',
  'people.search': 'SO',
  'people.read': 'SO',
  'people.update': 'S',
  'people.reveal': 'SO',
  'people.erase': 'SO',
  'tokens.make': 'S',
  'tokens.make_batch': 'S',
  'tokens.make_stream': 'S',
  'tokens.make_for_person': 'S',
  'tokens.reveal': 'SO',
  'tokens.reveal_batch': 'SO',
  'tokens.reveal_stream': 'SO',
  'tokens.ask': 'SO',
  'tokens.describe': 'SO',
  'tokens.remove': 'S',
  'letters.report_bounces': 'S',
  'consent_imports.take': 'S',
  'consent_imports.read': 'S',
  'consent_imports.read_evidence': 'O',
  'guardianships.make': 'S',
  'guardianships.read': 'S',
  'guardianships.end': 'S',
  'guardianships.revoke': 'O',
  'guardianships.list_guardians': 'P',
  'guardianships.end_own': 'P',
  'guardianships.list_own': 'P',
  'guardianships.issue_code': 'P',
  'people.read_self': 'P',
  'people.erase_self': 'P',
  'erasure.read': '*',
  'evidence.open': 'A',
  'sign_in.providers': '*',
  'approvals.request': 'OA',
  'approvals.break_glass': 'A',
  'approvals.list': 'OA',
  'approvals.read': 'OA',
  'approvals.approve': 'O',
  'approvals.refuse': 'O',
  'approvals.take_back': 'OA',
  'approvals.review': 'O',
  'staff.list': 'OA',
  'staff.name_account': 'OA',
  'staff.appoint': '',
  'staff.change_roles': '',
  'staff.dismiss': '',
  'clients.list': 'OA',
  'clients.register': '',
  'clients.change': '',
  'clients.add_credential': '',
  'clients.retire_credential': 'O',
  'clients.suspend': 'O',
  'clients.resume': '',
  'clients.remove': 'O',
  'webhooks.read': 'O',
  'webhooks.put': 'O',
  'webhooks.rotate_secret': 'O',
  'webhooks.remove': 'O',
  'webhooks.dead_letters': 'O',
  'webhooks.replay': 'O',
  'keys.list': 'OA',
  'keys.rotate': '',
  'keys.rotation': 'OA',
  'rules.list': 'OA',
  'rules.read': 'OA',
  'rules.draft': '',
  'rules.try': 'O',
  'rules.enact': '',
  'sign_in.start': '*',
  'sign_in.finish': '*',
  'sign_in.finish_at': '*',
  'sign_in.back_channel_logout': '*',
  'sign_in.issue_code': 'POA',
  'sign_in.session': 'POA',
  'sign_in.sign_out': 'POA',
  'sign_in.sessions': 'POA',
  'sign_in.end_session': 'POA',
  'sign_in.end_other_sessions': 'POA',
  'factors.list': 'OA',
  'factors.begin_totp': 'OA',
  'factors.enrol_totp': 'OA',
  'factors.begin_passkey': 'OA',
  'factors.enrol_passkey': 'OA',
  'factors.begin_use': 'OA',
  'factors.use_totp': 'OA',
  'factors.use_passkey': 'OA',
  'factors.use_recovery_code': 'OA',
  'factors.make_recovery_codes': 'OA',
  'factors.remove': 'OA',
  'factors.remove_last': 'OA',
  'session.noop': 'S',
  'abilities.read_own': 'POAS',
  ...AUDIT,
};
/** What staff reach before they have used a second factor. */
const WITHOUT_FACTOR = [
  'sign_in.session',
  'sign_in.sign_out',
  'factors.list',
  'factors.begin_totp',
  'factors.enrol_totp',
  'factors.begin_passkey',
  'factors.enrol_passkey',
  'factors.begin_use',
  'factors.use_totp',
  'factors.use_passkey',
  'factors.use_recovery_code',
];
const API: Readonly<Record<string, string>> = {
  'sessions.open': '*',
  'sessions.close': 'POA',
  'consent.purposes': '*',
  'consent.receipt_keys': '*',
  'register.current_notices': '*',
  'register.notice': '*',
  'register.read': 'OA',
  'register.impact_assessment': 'OA',
  'consent.list': 'P',
  'consent.give': 'P',
  'consent.withdraw': 'P',
  'consent.refuse': 'P',
  'consent.acknowledge': 'P',
  'consent.object': 'P',
  'consent.history': 'P',
  'opt_outs.list': 'P',
  'opt_outs.make': 'P',
  'opt_outs.overdue': 'OA',
  'faults.report': 'P',
  'faults.list': 'P',
  'faults.count': 'D',
  'readings.store': 'PH',
  'readings.read': 'PH',
  'products.import': 'H',
  'products.list': 'POAH',
  'events.record': 'PH',
  'recommendations.list': 'PH',
  'cohort_facts.store': 'P',
  'cohort_facts.read': 'P',
  'cohorts.count': 'O',
  'cohorts.histogram': 'O',
  'holds.record': 'O',
  'holds.list': 'O',
  'holds.lift': 'O',
  'session.noop': 'H',
  'abilities.read_own': 'POAH',
  ...AUDIT,
};
const APPS = [
  ['vault', info.urls.vault, VAULT],
  ['API', info.urls.api, API],
] as const;

const visitors: Record<string, Visitor> = {};
beforeAll(async () => {
  visitors.P = (await newcomer(info)).browser;
  visitors.O = await signIn(info, info.staff.privacyOfficer);
  visitors.A = await signIn(info, info.staff.auditor);
  visitors.S = new Client(info, 'brand-shop');
  visitors.H = new Client(info, 'skin-app');
});

describe.each(APPS)('the %s', (_, url, table) => {
  it('has just these routes', async () => {
    const routes = await declaredRoutes(url);
    expect(routes.map(({ id }) => id).sort()).toEqual(Object.keys(table).sort());
  });

  it('asks for an ability at each of them, but for those that are open for a reason', async () => {
    const routes = await declaredRoutes(url);
    const open = routes.filter(({ ability }) => !ability).map(({ id }) => id);
    expect(open.filter((id) => !Object.hasOwn(PUBLIC_ROUTES, id))).toEqual([]);
    expect(open.sort()).toEqual(
      Object.keys(table)
        .filter((id) => table[id] === '*')
        .sort(),
    );
  });

  it('lets nobody in without a credential but where everybody may', async () => {
    for (const route of await declaredRoutes(url)) {
      const { status, code } = await knock(stranger, url, route);
      const expected = table[route.id] === '*' ? 'let in' : '401 auth.required';
      expect([route.id, status === 401 ? `${status} ${code}` : 'let in']).toEqual([route.id, expected]);
    }
  });

  it('lets in who may, and nobody else', async () => {
    for (const route of await declaredRoutes(url)) {
      for (const [who, visitor] of Object.entries(visitors)) {
        const { status, code } = await knock(visitor, url, route);
        const may = table[route.id] === '*' || table[route.id]?.includes(who);
        const got = status === 401 || status === 403 ? `${status} ${code}` : 'let in';
        expect([route.id, who, got]).toEqual([route.id, who, may ? 'let in' : '403 auth.forbidden']);
      }
    }
  });

  it('takes no forged, expired or foreign token, and no session that there is not', async () => {
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    const claims = { iss: info.urls.issuer, sub: 'brand-shop', client_id: 'brand-shop', exp: 4_102_444_800 };
    const payload = Buffer.from(JSON.stringify({ ...claims, aud: 'urn:integument:vault' })).toString(
      'base64url',
    );
    const credentials: Record<string, string>[] = [
      { authorization: 'Bearer nonsense' },
      { authorization: `Bearer ${none}.${payload}.` },
      { authorization: 'Basic YnJhbmQtc2hvcDpzZWNyZXQ=' },
      { cookie: 'integument-vault=x; integument-api=x' },
      { cookie: `integument-vault=${'A'.repeat(43)}; integument-api=${'A'.repeat(43)}` },
    ];
    for (const headers of credentials) {
      const forger: Visitor = { send: (at, init) => fetch(at, { ...init, headers, redirect: 'manual' }) };
      for (const route of await declaredRoutes(url)) {
        if (table[route.id] === '*') continue;
        const { status, code } = await knock(forger, url, route);
        expect([route.id, status, code]).toEqual([route.id, 401, 'auth.required']);
      }
    }
  });

  it('knows no other path or method, however it is written', async () => {
    const variants = [
      '/v1//noop',
      '/V1/NOOP',
      '/v1/noop/',
      '/v1/%6eoop/',
      '/v1/noop%2f',
      '/v1/./x',
      '/internal/v1/permits/keys',
    ];
    for (const path of variants) {
      const { status } = await knock(stranger, url, { id: '', method: 'GET', path });
      expect([path, [401, 404].includes(status)]).toEqual([path, true]);
    }
    for (const method of ['PUT', 'DELETE', 'HEAD', 'OPTIONS'])
      expect([method, (await knock(stranger, url, { id: '', method, path: '/v1/noop' })).status]).toEqual([
        method,
        404,
      ]);
  });
});

describe('staff who have not used a second factor', () => {
  it('reach the way to one and nothing else, by any route in any order (CVE-2025-64103, Zitadel)', async () => {
    for (const name of Object.values(info.demoStaff)) {
      const browser = new Browser(info);
      await browser.signIn(name);
      const routes = await declaredRoutes(info.urls.vault);
      for (const route of [...routes, ...routes.reverse()]) {
        const { status, code } = await knock(browser, info.urls.vault, route);
        const open = VAULT[route.id] === '*' || WITHOUT_FACTOR.includes(route.id);
        const got = status === 401 || status === 403 ? `${status} ${code}` : 'let in';
        expect([route.id, name, got]).toEqual([route.id, name, open ? 'let in' : '403 auth.factor_required']);
      }
      await expect(browser.openApiSession()).rejects.toThrow('auth.factor_required');
    }
  });
});
