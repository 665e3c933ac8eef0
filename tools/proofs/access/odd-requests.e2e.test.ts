import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { platform, proofCount } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredRoutes as contracts } from '../../docs/routes.js';
import { certificateOf } from '../../outside/certificate-holder.js';
import { clientToken } from '../../outside/client-token.js';
import { newcomer } from '../../outside/newcomer.js';
import { type RawReply, type RawRequest, sendRaw } from '../../outside/raw-request.js';
import { declaredRoutes, filled } from '../../outside/routes.js';
import { LogTables } from '../audit/log-tables.js';
import { byOtherMethods, fromElsewhere, respelled } from './odd-requests.fixture.js';

const info = platform();
const AT_ONCE = 16;
/** A handshake for each request takes its time: with every spelling and every route, but not with every pair of them. */
const OVER_TLS = { oneOf: proofCount(8, 1) };

interface Guarded {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

/** What says that no guard was passed. A guard that was passed would answer with the input that is wrong, or not at all. */
const REFUSALS = new Set([
  '400 request.malformed',
  '401 auth.required',
  '403 auth.forbidden',
  '403 auth.origin',
  '404 request.unknown_route',
]);
/** Open to everybody, and nobody's data: where a way round ends up at one of these it has led nowhere. */
const OPEN = new Set(['/healthz', '/readyz']);

let tables: LogTables;
let tokens: { shop: string; app: string };
beforeAll(async () => {
  tables = await LogTables.open(info);
  tokens = { shop: await clientToken(info, 'brand-shop'), app: await clientToken(info, 'skin-app') };
});
afterAll(() => tables.close());

async function guardedOf(app: 'vault' | 'api'): Promise<Guarded[]> {
  const routes = await declaredRoutes(info.urls[app]);
  return routes.filter(({ ability }) => ability).map((route) => ({ ...route, path: filled(route.path) }));
}

function internalRoutes(): Guarded[] {
  const internal = contracts().filter(({ path }) => path.startsWith('/internal/'));
  return internal.map(({ id, method, path }) => ({ id, method, path: filled(path) }));
}

interface Circumstances {
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: ConnectionOptions;
}

/** @returns what was answered by anything but a refusal at the door */
async function lettingIn(
  app: string,
  routes: readonly Guarded[],
  odd: (route: Guarded) => [string, RawRequest][],
  { headers = {}, tls }: Circumstances = {},
): Promise<{ asked: number; passed: string[] }> {
  const all = routes.flatMap((route, row) =>
    odd(route).map(([how, request], column) => ({ name: `${route.id} ${how}`, request, at: row + column })),
  );
  const requests = all.filter(({ at }) => !tls || at % OVER_TLS.oneOf === 0);
  const passed: string[] = [];
  const next = requests[Symbol.iterator]();
  const sender = async () => {
    for (const { name, request } of next) {
      const reply = await sendRaw(app, { ...request, headers: { ...request.headers, ...headers } }, tls);
      if (!isRefused(request, reply)) passed.push(`${name}: ${reply.status} ${reply.body.slice(0, 80)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return { asked: requests.length, passed };
}

function isRefused({ method, target }: RawRequest, { status, body }: RawReply): boolean {
  if (status === null) return true;
  // An answer to HEAD has no body: what it would be is told by its status.
  if (method === 'HEAD') return [400, 401, 403, 404].includes(status);
  if (OPEN.has(target.split(/[?#]/)[0] ?? '') && method === 'GET') return !body.includes('"code"');
  return REFUSALS.has(`${status} ${/"code":"([\w.]+)"/.exec(body)?.[1] ?? ''}`);
}

const ODDITIES = [
  ['written in another way', respelled],
  ['by another method', byOtherMethods],
  ['from another address', fromElsewhere],
] as const;

describe.each([
  ['vault', () => tokens.app],
  ['api', () => tokens.shop],
] as const)('no guarded route of the %s (CVE-2025-69211, CVE-2026-2293)', (app, foreignToken) => {
  it.each(ODDITIES)('lets in who has no credential, %s', async (_, odd) => {
    const routes = await guardedOf(app);
    const { asked, passed } = await lettingIn(info.urls[app], routes, odd);
    expect(passed).toEqual([]);
    expect(asked).toBeGreaterThan(routes.length * 2);
  });

  it.each(ODDITIES)('lets in who is known but not meant, %s', async (_, odd) => {
    const headers = { authorization: `Bearer ${foreignToken()}` };
    expect((await lettingIn(info.urls[app], await guardedOf(app), odd, { headers })).passed).toEqual([]);
  });
});

describe('the internal listener', () => {
  it.each(ODDITIES)('lets in no other process of ours, %s', async (_, odd) => {
    const tls = tlsOf(await certificateOf(info, 'worker'));
    expect((await lettingIn(info.urls.vaultInternal, internalRoutes(), odd, { tls })).passed).toEqual([]);
  });

  it('says nothing to who has no certificate', async () => {
    const ca = readFileSync(info.apiTls.ca);
    for (const { method, path } of internalRoutes()) {
      const reply = await sendRaw(info.urls.vaultInternal, { method, target: path }, { ca }).catch(
        (error: Error) => error.message,
      );
      expect(JSON.stringify(reply)).not.toMatch(/"status":\d/);
    }
  });

  it('has no route of the public one, not even for the API and however it is written', async () => {
    const tls = tlsOf(info.apiTls);
    const { vaultInternal } = info.urls;
    const routes = await guardedOf('vault');
    expect((await lettingIn(vaultInternal, routes, respelled, { tls })).passed).toEqual([]);
    // The same connection options do get in where the API may: else the line above would say nothing.
    const known = await sendRaw(vaultInternal, { method: 'GET', target: '/internal/v1/erasures' }, tls);
    expect(known.status).toBe(200);
  });
});

describe('requests like these', () => {
  it('have no effect in the vault, from whoever they come', async () => {
    // Somebody whom an effect could be on.
    await newcomer(info);
    await tables.settled();
    // Not the platform's database: training the recommendations changes that beside this.
    const before = await tables.effects(['vault']);
    const changing = async (app: 'vault' | 'api') =>
      (await guardedOf(app)).filter(({ method }) => method !== 'GET');
    for (const [, odd] of ODDITIES) {
      await lettingIn(info.urls.vault, await changing('vault'), odd);
      await lettingIn(info.urls.vault, await changing('vault'), odd, {
        headers: { cookie: 'integument-vault=x' },
      });
      await lettingIn(info.urls.api, await changing('api'), odd);
    }
    expect(await tables.effects(['vault'])).toEqual(before);
  });

  it('are not refused for being raw: written as a client would, the rightful one gets in', async () => {
    for (const [app, token] of [
      ['vault', tokens.shop],
      ['api', tokens.app],
    ] as const) {
      const headers = { authorization: `Bearer ${token}` };
      const reply = await sendRaw(info.urls[app], { method: 'GET', target: '/v1/noop', headers });
      expect([reply.status, reply.body]).toEqual([200, expect.stringContaining('"ok":true') as string]);
    }
  });

  it('of a rightful caller by another method, or said to be another, do nothing either', async () => {
    for (const [app, token] of [
      ['vault', tokens.shop],
      ['api', tokens.app],
    ] as const) {
      const headers = { authorization: `Bearer ${token}` };
      const { passed } = await lettingIn(info.urls[app], await guardedOf(app), byOtherMethods, { headers });
      // Where the other method is a declared one, it is that route which answers: never with a success here.
      expect(passed.filter((line) => / 2\d\d /.test(line))).toEqual([]);
    }
  });

  it('that are a preflight say what may be asked and ask nothing', async () => {
    const headers = { origin: info.urls.web, 'access-control-request-method': 'POST' };
    for (const { path } of await guardedOf('vault')) {
      const reply = await sendRaw(info.urls.vault, { method: 'OPTIONS', target: path, headers });
      expect([path, reply.status, reply.body]).toEqual([path, 204, '']);
    }
  });
});

function tlsOf({ certificate, key }: { certificate: string; key: string }): ConnectionOptions {
  return { ca: readFileSync(info.apiTls.ca), cert: readFileSync(certificate), key: readFileSync(key) };
}
