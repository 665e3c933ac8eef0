import { openDatabase } from '@integument/database';
import { type FreshDatabase, freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Limits, parseConfig } from '../index.js';
import { startTestApp, type TestApp, WEB } from '../testing/test-app.js';
import { limitSettings, limitTable } from './limit-settings.js';
import { Limits as RealLimits } from './limits.js';
import { postgresCounts, rateCountSchemaSql } from './shared-counts.js';

// Two replicas of an app, each with connections of its own to one PostgreSQL.

const QUOTA = 100;
const SETTINGS = {
  LIMITS_CLIENT: `read=${QUOTA},write=5,public=5`,
  LIMITS_PERSON: 'read=5,write=5,public=5',
  LIMITS_ADDRESS: 'public=5,refused=5',
};

let database: FreshDatabase;
const sources: DataSource[] = [];
const apps: TestApp[] = [];
const aways: unknown[] = [];
/** Each test begins in a window of its own. */
let now = Date.UTC(2026, 0, 15);

async function replica(): Promise<TestApp> {
  const source = await openDatabase({
    url: database.url,
    poolSize: 2,
    applicationName: 'test',
    migrations: [],
  });
  sources.push(source);
  const limits: Limits = new RealLimits({
    table: limitTable(parseConfig(z.object(limitSettings), SETTINGS)),
    shared: postgresCounts(source),
    key: Buffer.alloc(32, 3),
    now: () => now,
    onAway: (error) => aways.push(error),
  });
  return startTestApp(limits);
}

beforeAll(async () => {
  database = await freshEmptyDatabase();
  const first = await openDatabase({
    url: database.url,
    poolSize: 1,
    applicationName: 'test',
    migrations: [],
  });
  await first.query(rateCountSchemaSql);
  sources.push(first);
  apps.push(await replica(), await replica());
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await Promise.all(sources.map((source) => source.destroy()));
  await database.drop();
});
afterEach(() => {
  now += 600_000;
  aways.length = 0;
  for (const app of apps) {
    app.refusals.length = 0;
    app.strangers.length = 0;
  }
});

type Headers = Record<string, string>;
const app = (at: number) => apps[at % 2] as TestApp;
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const shop = async (at: number) => bearer(await app(at).keys.sign());
const anna = { cookie: 'session=anna' };
const from = (address: string): Headers => ({ 'x-forwarded-for': address });

async function ask(at: number, path: string, headers: Headers = {}, method = 'GET') {
  const response = await fetch(app(at).base + path, { method, headers });
  const body = (await response.json()) as { code?: string };
  return { status: response.status, code: body.code, headers: response.headers };
}

async function statuses(times: number, one: (n: number) => Promise<{ status: number }>): Promise<number[]> {
  const found: number[] = [];
  for (let n = 0; n < times; n++) found.push((await one(n)).status);
  return found;
}

const times = (status: number, count: number): number[] => Array<number>(count).fill(status);

/** Spends what a client may read. */
async function spend(at: number, headers: Headers): Promise<void> {
  const found = await statuses(QUOTA, () => ask(at, '/v1/things/a', headers));
  expect(found).toEqual(times(200, QUOTA));
  expect((await ask(at, '/v1/things/a', headers)).status).toBe(429);
}

describe('two replicas and one PostgreSQL', () => {
  test('count a client together, but for what they keep to themselves for a moment (CVE-2025-57816, Fides)', async () => {
    const headers = [await shop(0), await shop(1)];
    const found = await statuses(3 * QUOTA, (n) => ask(n, '/v1/things/a', headers[n % 2]));
    const passed = found.filter((status) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(QUOTA);
    expect(passed).toBeLessThanOrEqual(QUOTA * (1 + 4 / 50));
    const settled = QUOTA + 8;
    expect(found.slice(settled)).toEqual(times(429, 3 * QUOTA - settled));
    // One entry on record of each replica, and nothing for strangers.
    expect(apps.map(({ refusals }) => refusals.map(({ code }) => code))).toEqual([
      ['request.rate_limited'],
      ['request.rate_limited'],
    ]);
    expect(apps.flatMap(({ strangers }) => strangers)).toEqual([]);
    const rows: { key: string; points: number }[] = await (sources[0] as DataSource).query(
      'SELECT key, points FROM rate_count',
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]?.key).toMatch(/^[\w-]{22}\.\d+$/);
    expect(rows[0]?.points).toBeGreaterThanOrEqual(QUOTA - 4);
  });

  test('and what comes up again with the next window is whole', async () => {
    const headers = await shop(0);
    await spend(0, headers);
    const refused = await ask(0, '/v1/things/a', headers);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    now += (seconds - 1) * 1_000;
    expect((await ask(0, '/v1/things/a', headers)).status).toBe(429);
    now += 1_000;
    await spend(0, headers);
  });
});

describe('what an answer says', () => {
  test('of a caller: the class, its quota, what is left and until when', async () => {
    const { headers } = await ask(0, '/v1/things/a', await shop(0));
    expect(headers.get('ratelimit-policy')).toBe(`"read";q=${QUOTA};w=60`);
    expect(headers.get('ratelimit')).toMatch(new RegExp(`^"read";r=${QUOTA - 1};t=\\d{1,2}$`));
    expect(headers.get('retry-after')).toBeNull();
  });

  test('of a refusal: how long to wait', async () => {
    const headers = await shop(0);
    await spend(0, headers);
    const refused = await ask(0, '/v1/things/a', headers);
    expect([refused.status, refused.code]).toEqual([429, 'request.rate_limited']);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const seconds = refused.headers.get('retry-after');
    expect(refused.headers.get('ratelimit')).toBe(`"read";r=0;t=${seconds}`);
  });

  test('of an address: not what its other users have left', async () => {
    const { headers } = await ask(0, '/v1/open', from('203.0.113.1'), 'POST');
    expect(headers.get('ratelimit-policy')).toBe('"public";q=5;w=60');
    expect(headers.get('ratelimit')).toBeNull();
  });

  test('of the platform itself: nothing, however often', async () => {
    const found = await statuses(20, () => ask(0, '/healthz'));
    expect(found).toEqual(times(200, 20));
    expect((await ask(0, '/readyz')).headers.get('ratelimit-policy')).toBeNull();
  });
});

describe('nobody locks somebody else out', () => {
  test('a client at its limit neither another one, nor people, nor its own other classes', async () => {
    const headers = await shop(0);
    await spend(0, headers);
    expect((await ask(0, '/v1/things/a', anna)).status).toBe(200);
    expect((await ask(0, '/v1/things/a', { cookie: 'session=olivia' })).status).toBe(200);
    // Goes on to the route: it refuses a body that is not there.
    expect((await ask(0, '/v1/things', headers, 'POST')).status).not.toBe(429);
    const skin = bearer(await app(0).keys.sign({ sub: 'skin', client_id: 'skin' }));
    expect((await ask(0, '/v1/things/a', skin)).status).toBe(403);
  });

  test('nor a stranger with a victim’s client id, at the victim’s own address', async () => {
    const home = from('198.51.100.7');
    const good = await app(0).keys.sign();
    const forged = { ...bearer(`${good.slice(0, -8)}AAAAAAAA`), ...home };
    const found = await statuses(8, () => ask(0, '/v1/things/a', forged));
    expect(found).toEqual([...times(401, 5), ...times(429, 3)]);
    expect((await ask(0, '/v1/things/a', { ...bearer(good), ...home })).status).toBe(200);
    // Counted as ever; nothing on record under the victim's name.
    expect(app(0).refusals).toEqual([]);
    expect(app(0).strangers).toHaveLength(8);
    // A stranger elsewhere has an allowance of their own.
    expect((await ask(0, '/v1/things/a', from('198.51.100.8'))).status).toBe(401);
  });

  test('nor with a cookie that is not known, or without anything', async () => {
    const home = from('198.51.100.17');
    const found = await statuses(7, () => ask(0, '/v1/things/a', { ...home, cookie: 'session=nobody' }));
    expect(found).toEqual([...times(401, 5), 429, 429]);
    expect((await ask(0, '/v1/things/a', { ...home, ...anna })).status).toBe(200);
  });

  test('nor strangers of the same network at a public route', async () => {
    const home = from('2001:db8:1:2::1');
    const neighbour = from('2001:db8:1:2::ffff');
    const found = await statuses(7, () => ask(0, '/v1/open', home, 'POST'));
    expect(found).toEqual([...times(200, 5), 429, 429]);
    expect((await ask(0, '/v1/open', neighbour, 'POST')).status).toBe(429);
    expect((await ask(0, '/v1/open', from('2001:db8:1:3::1'), 'POST')).status).toBe(200);
    // Who proves who they are goes on, by an allowance of their own; who doesn't, doesn't.
    const victim = { ...neighbour, ...(await shop(0)) };
    const theirs = await statuses(7, () => ask(0, '/v1/open', victim, 'POST'));
    expect(theirs).toEqual([...times(200, 5), 429, 429]);
    const forged = { ...neighbour, ...bearer('x.y.z') };
    expect((await ask(0, '/v1/open', forged, 'POST')).status).toBe(429);
  });

  test('nor a page elsewhere that sends a visitor’s cookie along', async () => {
    const evil = { ...anna, origin: 'http://evil.test' };
    expect(await statuses(8, () => ask(0, '/v1/things', evil, 'POST'))).toEqual(times(403, 8));
    expect((await ask(0, '/v1/things', { ...anna, origin: WEB }, 'POST')).status).not.toBe(429);
  });

  test('and who asks for what is not there is counted by address', async () => {
    const home = from('198.51.100.27');
    expect(await statuses(7, () => ask(0, '/nothing', home))).toEqual([...times(404, 5), 429, 429]);
    expect((await ask(0, '/v1/things/a', { ...home, ...anna })).status).toBe(200);
  });
});

test('where a person may come but needn’t, they have their own allowance', async () => {
  const home = from('198.51.100.37');
  expect(await statuses(6, () => ask(0, '/v1/who', home))).toEqual([...times(200, 5), 429]);
  expect(await statuses(6, () => ask(0, '/v1/who', { ...home, ...anna }))).toEqual([...times(200, 5), 429]);
});

test('a refusal that can’t be written is not answered, and the next one is on record', async () => {
  await statuses(5, () => ask(0, '/v1/things/a', anna));
  app(0).refusalsFail = true;
  expect((await ask(0, '/v1/things/a', anna)).code).toBe('audit.unavailable');
  app(0).refusalsFail = false;
  expect(await statuses(3, () => ask(0, '/v1/things/a', anna))).toEqual(times(429, 3));
  expect(app(0).refusals.map(({ code }) => code)).toEqual(['request.rate_limited']);
});

test('with the store down each replica counts alone, strangers too, and no request fails', async () => {
  await (sources[0] as DataSource).query('ALTER TABLE rate_count RENAME TO rate_count_away');
  try {
    const headers = [await shop(0), await shop(1)];
    const found = await statuses(3 * QUOTA, (n) => ask(n, '/v1/things/a', headers[n % 2]));
    expect(found.filter((status) => status === 200)).toHaveLength(2 * QUOTA);
    expect(found.filter((status) => status === 429)).toHaveLength(QUOTA);
    const stranger = await statuses(7, () => ask(0, '/v1/open', from('198.51.100.47'), 'POST'));
    expect(stranger).toEqual([...times(200, 5), 429, 429]);
    // Told once by each population of each replica that tried, not at each request.
    expect(aways.length).toBeGreaterThan(0);
    expect(aways.length).toBeLessThanOrEqual(4);
  } finally {
    await (sources[0] as DataSource).query('ALTER TABLE rate_count_away RENAME TO rate_count');
  }
});

test('the counts are in no WAL, and so in no backup', async () => {
  const [row] = await (sources[0] as DataSource).query<{ relpersistence: string }[]>(
    `SELECT relpersistence FROM pg_class WHERE relname = 'rate_count'`,
  );
  expect(row?.relpersistence).toBe('u');
});
