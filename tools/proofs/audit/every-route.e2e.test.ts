import type { AuditEntry } from '@integument/audit-log';
import * as contracts from '@integument/contracts';
import { eraseSelf, type RouteContract, readErasure } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Exchange, request } from '../../outside/ask.js';
import { signIn } from '../../outside/browser.js';
import { CertificateHolder } from '../../outside/certificate-holder.js';
import { Client } from '../../outside/client.js';
import { agreeTo, newcomer } from '../../outside/newcomer.js';
import { declaredRoutes, knock } from '../../outside/routes.js';
import { stranger } from '../../outside/visitor.js';
import { API_CALLS } from './calls/api.js';
import { APPROVAL_CALLS, REDEEMING_CALLS } from './calls/approvals.js';
import type { Call, Calls, Cast } from './calls/call.js';
import { CLIENT_CALLS } from './calls/clients.js';
import { FACTOR_CALLS } from './calls/factors.js';
import { GUARDIANSHIP_CALLS } from './calls/guardianships.js';
import { INTERNAL_CALLS } from './calls/internal.js';
import { KEY_CALLS } from './calls/keys.js';
import { logCalls } from './calls/log.js';
import { RULE_CALLS } from './calls/rules.js';
import { TOKEN_CALLS } from './calls/tokens.js';
import { VAULT_CALLS } from './calls/vault.js';
import { WEBHOOK_CALLS } from './calls/webhooks.js';
import { LogTables, type Plane } from './log-tables.js';

const info = platform();
const { vault, api, vaultInternal } = info.urls;

/** Read or change nothing personal, or are called by the worker alone: see the last test. */
const WITHOUT_CALL = {
  vault: [
    'sign_in.providers',
    'sign_in.start',
    'sign_in.session',
    // Called by the provider with a token that it alone can sign: sign-out.int.test.ts has its entry.
    'sign_in.back_channel_logout',
    'factors.list',
    'factors.begin_totp',
    'factors.begin_passkey',
    'factors.begin_use',
    'session.noop',
    'abilities.read_own',
    'audit.checkpoint',
    'audit.tlog_checkpoint',
  ],
  api: [
    'consent.purposes',
    'consent.receipt_keys',
    'register.current_notices',
    'register.notice',
    'products.list',
    'session.noop',
    'abilities.read_own',
    'audit.checkpoint',
    'audit.tlog_checkpoint',
  ],
  internal: [
    'registry.read_client',
    'permits.told',
    // Asked for each second; guardianships.int.test.ts has what it tells.
    'guardianships.consent_endings',
    'erasure.pending',
    'erasure.gates_closed',
    'erasure.completed',
    'sign_in.session_endings',
    'consent_imports.pending',
    // Rules are nobody's data; asked for twice a second.
    'rules.in_force',
    'rules.text',
  ],
};
const BOOKS: [name: keyof typeof WITHOUT_CALL, plane: Plane, calls: Calls][] = [
  [
    'vault',
    'vault',
    {
      ...VAULT_CALLS,
      ...GUARDIANSHIP_CALLS,
      ...FACTOR_CALLS,
      ...APPROVAL_CALLS,
      ...CLIENT_CALLS,
      ...WEBHOOK_CALLS,
      ...RULE_CALLS,
      ...KEY_CALLS,
      ...TOKEN_CALLS,
      ...logCalls('vault'),
    },
  ],
  ['api', 'platform', { ...API_CALLS, ...logCalls('api') }],
  ['internal', 'vault', { ...INTERNAL_CALLS, ...REDEEMING_CALLS }],
];

let tables: LogTables;
let cast: Cast;
beforeAll(async () => {
  tables = await LogTables.open(info);
  cast = {
    info,
    shop: new Client(info, 'brand-shop'),
    app: new Client(info, 'skin-app'),
    officer: await signIn(info, info.staff.privacyOfficer),
    auditor: await signIn(info, info.staff.auditor),
    admin: await signIn(info, info.staff.admin),
    api: CertificateHolder.asApi(info),
  };
});
afterAll(async () => {
  await tables.mend();
  await tables.close();
  cast.api.close();
});

const idOf = ({ headers }: Exchange): string => headers.get('x-request-id') ?? 'none';
const succeeded = ({ status }: Exchange): boolean => status >= 200 && status < 400;

/** Everything that an entry should say of every request. */
function expectWhole(entry: AuditEntry | undefined, action: string): void {
  expect(entry).toMatchObject({
    v: 1,
    action,
    policy: expect.stringMatching(/^[0-9a-f]{12}(\.[0-9a-f]{12})?$/) as string,
  });
  expect(entry?.from?.listener).toMatch(/^(public|internal)$/);
}

describe.each(BOOKS)('of the routes of the %s', (name, plane, calls) => {
  it('each that reads or changes personal data has a call here', async () => {
    const declared =
      name === 'internal' ? internalRoutes() : (await declaredRoutes(info.urls[name])).map(({ id }) => id);
    expect([...Object.keys(calls), ...WITHOUT_CALL[name]].sort()).toEqual([...declared].sort());
  });

  it.each(Object.keys(calls))(
    '%s answers nothing and does nothing while its entry can’t be written, and leaves exactly one once it can',
    async (id) => {
      const prepared = await calls[id]?.(cast);
      if (!prepared) throw new Error('no call');
      const planes: Plane[] = prepared.within ? [prepared.within] : ['vault', 'platform'];
      await expect.poll(() => effectsWithoutEntry(prepared, plane, planes), { timeout: 30_000 }).toEqual([]);

      const done = await prepared.send();
      expect([id, succeeded(done)]).toEqual([id, true]);
      const entries = await tables.entriesOf(plane, idOf(done));
      expect([id, entries.map(({ action, outcome }) => `${action} ${outcome}`)]).toEqual([
        id,
        (prepared.leaves ?? [entryOf(id)]).map((action) => `${action} done`),
      ]);
      expectWhole(entries[0], entries[0]?.action ?? '');
    },
  );
});

/**
 * Sends the request while no entry can be written, and says what it changed all the same. Asked again where something was: the
 * trainer of the recommendations works beside it, and what a route changes it changes each time.
 */
async function effectsWithoutEntry(
  prepared: Call,
  plane: Plane,
  planes: readonly Plane[],
): Promise<string[]> {
  await tables.settled();
  const before = await tables.effects(planes);
  await tables.break(planes);
  const failed = await prepared.send().finally(() => tables.mend());
  const entries = await tables.entriesOf(plane, idOf(failed));
  if (failed.status !== 503 || !failed.problem || entries.length > 0) return [`answered ${failed.status}`];
  return changed(before, await tables.effects(planes));
}

/** Where the action has another name than the route: what happened is the same wherever it was asked for. */
function entryOf(id: string): string {
  if (id === 'sign_in.finish_at') return 'sign_in.finish';
  // By what is done, however much of it at once.
  if (id.startsWith('tokens.make')) return 'tokens.make';
  if (id.startsWith('tokens.reveal')) return 'tokens.reveal';
  return id === 'people.erase_self' ? 'people.erase' : id;
}

describe('a refusal to a known caller', () => {
  const cases = (): [string, Plane, string, Client][] => [
    ['vault', 'vault', vault, cast.app],
    ['api', 'platform', api, cast.shop],
  ];

  it('leaves exactly one entry under the route’s name, for every route that has a caller', async () => {
    for (const [, plane, url, wrong] of cases()) {
      for (const route of await declaredRoutes(url)) {
        const refused = await knock(wrong, url, route);
        if (refused.status !== 403) continue;
        const entries = await tables.entriesOf(plane, idOf(refused));
        expect([route.id, entries.length]).toEqual([route.id, 1]);
        expect(entries[0]).toMatchObject({ outcome: 'refused', code: 'auth.forbidden' });
        expectWhole(entries[0], route.id);
        expect(entries[0]?.actor.kind).toBe('client');
      }
    }
  });

  it('for what was sent leaves one, too, at every route the caller gets into', async () => {
    const visitors = [cast.shop, cast.app, cast.officer, cast.auditor];
    for (const [plane, url] of [
      ['vault', vault],
      ['platform', api],
    ] as [Plane, string][]) {
      for (const route of await declaredRoutes(url)) {
        for (const visitor of visitors) {
          const refused = await knock(visitor, url, route);
          if (refused.status !== 400 || !(await isAddressedTo(route.id, url))) continue;
          const entries = await tables.entriesOf(plane, idOf(refused));
          expect([
            route.id,
            entries.map(({ action, outcome, code }) => `${action} ${outcome} ${code ?? ''}`),
          ]).toEqual([route.id, [`${route.id} refused request.invalid`]]);
        }
      }
    }
  });

  it('of the internal listener leaves one', async () => {
    for (const contract of internalContracts()) {
      const path = contract.path.replace(/:(\w+)/g, 'x');
      const refused = await request(cast.api, vaultInternal, { ...contract, path });
      if (refused.status !== 400) continue;
      const entries = await tables.entriesOf('vault', idOf(refused));
      const strangers = contract.unaudited === true;
      expect([contract.id, entries.length]).toEqual([contract.id, strangers ? 0 : 1]);
    }
  });

  it('is not answered before it is written', async () => {
    await tables.break();
    const refused = await knock(cast.app, vault, {
      id: 'x',
      method: 'GET',
      path: '/v1/people/{person}',
    }).finally(() => tables.mend());
    expect([refused.status, refused.code]).toEqual([503, 'audit.unavailable']);
  });

  it('to nobody known leaves none of its own', async () => {
    const refused = await knock(stranger, vault, { id: 'x', method: 'GET', path: '/v1/people/{person}' });
    expect([refused.status, await tables.entriesOf('vault', idOf(refused))]).toEqual([401, []]);
  });
});

describe('what the worker does', () => {
  it('leaves one entry for each step of an erasure, in both logs', async () => {
    const { browser } = await newcomer(info);
    await agreeTo(info, browser, 'ingest');
    const { erasure, claim } = await ask(browser, vault, eraseSelf);
    const state = async () =>
      (
        await ask(stranger, vault, readErasure, {
          params: { erasure },
          headers: { 'integument-claim': claim },
        })
      ).state;
    await expect.poll(state, { timeout: 20_000 }).toBe('completed');
    const steps = (await tables.entriesAbout('vault', erasure)).map(({ action }) => action);
    const once = steps.filter((action) => action !== 'erasure.read').sort();
    expect(once).toEqual(['erasure.completed', 'erasure.gates_closed', 'people.erase']);
  });
});

function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((table) => before[table] !== after[table]);
}

function internalContracts(): RouteContract[] {
  const exported: unknown[] = Object.values(contracts);
  return exported.filter(isContract).filter(({ path }) => path.startsWith('/internal/'));
}

function internalRoutes(): string[] {
  return internalContracts().map(({ id }) => id);
}

function isContract(value: unknown): value is RouteContract {
  return typeof value === 'object' && value !== null && 'audience' in value && 'method' in value;
}

/** A route that is open to anybody looks at no credential: whoever asks, nobody is known. */
async function isAddressedTo(id: string, url: string): Promise<boolean> {
  const { status } = await knock(
    stranger,
    url,
    (await declaredRoutes(url)).find((route) => route.id === id) as never,
  );
  return status === 401;
}
