import {
  enrolPerson,
  readAuditEntries,
  recordEvents,
  revealPerson,
  searchPeople,
  storeReadings,
  updatePerson,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteSearch } from '../../demo/byte-search.js';
import { type Canary, synthesise, word } from '../../demo/canaries.js';
import { formsOfText, type Needle } from '../../demo/encodings.js';
import { request } from '../../outside/ask.js';
import { Browser, signIn } from '../../outside/browser.js';
import { CertificateHolder } from '../../outside/certificate-holder.js';
import { Client } from '../../outside/client.js';
import { readLogs } from '../../outside/log-files.js';
import { newcomer } from '../../outside/newcomer.js';
import { type DeclaredRoute, declaredRoutes } from '../../outside/routes.js';
import { stranger, type Visitor } from '../../outside/visitor.js';
import { LogTables } from './log-tables.js';

const info = platform();
const { vault, api, vaultInternal } = info.urls;
const LEAST = 1_000;

/** Where a caller can write whatever it likes. */
const HEADERS = [
  'accept-language',
  'authorization',
  'cookie',
  'forwarded',
  'from',
  'idempotency-key',
  'integument-claim',
  'integument-permit',
  'origin',
  'referer',
  'traceparent',
  'user-agent',
  'x-forwarded-for',
  'x-real-ip',
  'x-request-id',
];
const FIELDS = [
  'fields',
  'value',
  'field',
  'purpose',
  'reason',
  'people',
  'batch',
  'stream',
  'events',
  'code',
  'notice',
];

const canaries: Canary[] = [];
/** A value that is nowhere else; said where it was put. */
function canary(kind: string): string {
  const value = `zq${word(16)}`;
  canaries.push({ kind, value });
  return value;
}

let tables: LogTables;
let cast: Record<string, Visitor>;
let holder: CertificateHolder;
beforeAll(async () => {
  tables = await LogTables.open(info);
  holder = CertificateHolder.asApi(info);
  cast = {
    stranger,
    shop: new Client(info, 'brand-shop'),
    app: new Client(info, 'skin-app'),
    person: (await newcomer(info)).browser,
    officer: await signIn(info, info.staff.privacyOfficer),
    auditor: await signIn(info, info.staff.auditor),
  };
  await sendEverywhere();
}, 300_000);
afterAll(async () => {
  await tables.close();
  holder.close();
});

async function sendEverywhere(): Promise<void> {
  for (const [app, url] of [
    ['vault', vault],
    ['api', api],
  ] as const) {
    for (const route of await declaredRoutes(url)) {
      for (const [who, visitor] of Object.entries(cast)) {
        await sendTo(`${app} ${route.id} ${who}`, visitor, url, route);
      }
    }
  }
  await sendToUnknownPlaces();
  await succeedWithValues();
}

/** One request with canaries in its path, query, body and headers, each its own; which of them stops it is not our business. */
async function sendTo(
  name: string,
  visitor: Visitor,
  url: string,
  { method, path }: DeclaredRoute,
): Promise<void> {
  const filled = path.replace(/\{(\w+)\}/g, (_, part: string) => canary(`${name} path ${part}`));
  const target = new URL(filled, url);
  target.searchParams.set('cursor', canary(`${name} query value`));
  target.searchParams.set(canary(`${name} query name`), '1');
  const header = HEADERS[canaries.length % HEADERS.length] ?? 'user-agent';
  const field = FIELDS[canaries.length % FIELDS.length] ?? 'fields';
  const headers: Record<string, string> = { [header]: canary(`${name} header ${header}`) };
  const body = JSON.stringify({
    [field]: canary(`${name} body ${field}`),
    [canary(`${name} body key`)]: { deep: [canary(`${name} body deep`)] },
  });
  const sends = method === 'GET' ? {} : { body };
  if (method !== 'GET') headers['content-type'] = 'application/json';
  const reply = await visitor.send(target.href, { method, headers, ...sends });
  await reply.body?.cancel();
}

async function sendToUnknownPlaces(): Promise<void> {
  for (const visitor of [...Object.values(cast), holder]) {
    for (const base of visitor === holder ? [vaultInternal] : [vault, api]) {
      await (await visitor.send(`${base}/${canary('unknown path')}?${canary('unknown query')}=1`)).text();
      await (await visitor.send(`${base}/v1/people/%00${canary('broken path')}`)).text();
      const headers = { 'content-type': canary('content type') };
      await (
        await visitor.send(`${base}/v1/people`, { method: 'POST', headers, body: canary('odd body') })
      ).text();
    }
  }
  await new Browser(info).send(
    `${vault}/v1/sign-in/callback?code=${canary('code')}&state=${canary('state')}`,
  );
}

/** Values that are taken: they are what the platform is for, and in no log. */
async function succeedWithValues(): Promise<void> {
  const shop = cast.shop as Visitor;
  const [one, other] = synthesise(2);
  if (!one || !other) throw new Error('nobody was made up');
  canaries.push(...one.canaries, ...other.canaries.filter(({ kind }) => kind !== 'birth_date'));
  const enrolled = await request(shop, vault, enrolPerson, { body: one.enrolment });
  const { person } = enrolled.json as { person: string };
  const params = { person };
  const reason = { code: 'order', reference: 'ORDER-7' };
  const done = [
    enrolled,
    await request(shop, vault, updatePerson, { params, body: { fields: other.enrolment.fields } }),
    await request(shop, vault, searchPeople, {
      body: { field: 'email', value: other.enrolment.fields.email },
    }),
    await request(shop, vault, revealPerson, {
      params,
      body: { fields: ['email'], purpose: 'delivery', reason },
    }),
  ];
  expect(done.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
  for (const route of [storeReadings, recordEvents]) {
    const body = {
      batch: canary('batch'),
      events: [{ kind: canary('event kind') }],
      readings: [[1, canary('reading')]],
    };
    await request(cast.app as Visitor, api, route, { body });
  }
  const query = { cursor: canary('audit cursor'), action: canary('audit filter') };
  await request(cast.auditor as Visitor, vault, readAuditEntries, { query });
}

/** What of the canaries stands in these bytes, in any spelling; said by where it was put. */
function foundIn(haystacks: Iterable<Buffer>): string[] {
  const search = new ByteSearch(canaries.filter(({ value }) => value.length >= 8).flatMap(formsOfText));
  const found = new Set<Needle>();
  for (const bytes of haystacks) search.find(bytes, found);
  return [...new Set([...found].map(({ kind, form }) => `${kind} (${form})`))];
}

describe('of a thousand values sent in every field, header, URL and failing path', () => {
  it('there are a thousand', () => {
    expect(canaries.length).toBeGreaterThanOrEqual(LEAST);
    // The search itself finds what is there.
    expect(foundIn([Buffer.from(`x${canaries[3]?.value ?? ''}y`)])).toHaveLength(1);
  });

  it('none stands in either audit log', async () => {
    const entries = [...(await tables.all('vault')), ...(await tables.all('platform'))];
    expect(entries.length).toBeGreaterThan(150);
    expect(foundIn(entries)).toEqual([]);
  });

  it('none stands in what the programs wrote, at any level', () => {
    const logs = readLogs(info);
    expect(logs).toContain('"level":"debug"');
    expect(foundIn([Buffer.from(logs)])).toEqual([]);
  });
});
