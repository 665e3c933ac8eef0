import {
  leafHash,
  NoteVerifier,
  openCheckpoint,
  verifyConsistency,
  verifyExport,
  verifyInclusion,
} from '@integument/audit-log';
import {
  exportAuditLog,
  proveConsistency,
  proveInclusion,
  type RouteContract,
  readAuditEntries,
  readAuditFeeds,
  readAuditReport,
  readCheckpoint,
  readPerson,
  readTlogTile,
  revealPerson,
  searchPeople,
  streamAuditEntries,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, type Exchange, type LooseInput, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { type FoundEntry, findEntries } from '../../../tools/outside/find-entries.js';
import { agreeTo, type Newcomer, newcomer } from '../../../tools/outside/newcomer.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;
const APPS = [
  ['vault', vault],
  ['api', api],
] as const;

const A_NUMBER = expect.any(Number) as unknown;
const began = new Date().toISOString();
let auditor: Browser;
let somebody: Newcomer;
let permit: string;
beforeAll(async () => {
  auditor = await signIn(info, info.staff.auditor);
  somebody = await newcomer(info);
  permit = await agreeTo(info, somebody.browser, 'ingest');
});

/** Entries that fit, once there are some: they are findable about a second after the answer that they belong to. */
async function eventually(
  app: string,
  filter: Record<string, string>,
): Promise<[FoundEntry, ...FoundEntry[]]> {
  let found: FoundEntry[] = [];
  await vi.waitFor(
    async () => {
      found = await findEntries(auditor, app, filter);
      expect(found.length).toBeGreaterThan(0);
    },
    { timeout: 15_000, interval: 200 },
  );
  return found as [FoundEntry, ...FoundEntry[]];
}

/** A reply that is no JSON. */
async function load(app: string, route: RouteContract, input?: LooseInput): Promise<Exchange> {
  const exchange = await request(auditor, app, route, input);
  expect([route.id, exchange.status]).toEqual([route.id, 200]);
  return exchange;
}

describe('who revealed what and why', () => {
  const reference = `CASE-${Date.now() % 1e9}`;
  const verifier = NoteVerifier.parse(info.audit.vault.verifierKey);
  let before: string;
  let found: FoundEntry;
  beforeAll(async () => {
    before = (await ask(stranger, vault, readCheckpoint)).note;
    const body = {
      fields: ['email' as const],
      purpose: 'delivery' as const,
      reason: { code: 'customer-request' as const, reference },
    };
    await ask(new Client(info, 'brand-shop'), vault, revealPerson, {
      params: { person: somebody.name },
      body,
    });
    const reveals = await eventually(vault, { action: 'people.reveal', from: began });
    found = reveals.find(({ entry }) => entry.reason?.reference === reference) as FoundEntry;
  });

  it('an auditor finds by filters', async () => {
    expect(found.entry).toMatchObject({
      outcome: 'done',
      actor: { kind: 'client', id: 'brand-shop' },
      fields: ['email'],
      purpose: 'delivery',
      reason: { code: 'customer-request', reference },
    });
    const { subject = '' } = found.entry;
    const filter = {
      actor: 'brand-shop',
      action: 'people.reveal',
      subject,
      purpose: 'delivery',
      outcome: 'done',
    };
    expect(await findEntries(auditor, vault, filter)).toEqual([found]);
    expect(await findEntries(auditor, vault, { ...filter, outcome: 'refused' })).toEqual([]);
    expect(await findEntries(auditor, vault, { ...filter, to: began })).toEqual([]);
  });

  it('and proves, with the bytes of a stream and the public key', async () => {
    const query = { action: 'people.reveal', from: began };
    const { text } = await load(vault, streamAuditEntries, { query });
    const line = text.split('\n').find((one) => one.includes(reference)) ?? '';
    const [, position, bytes = ''] = /^\{"position":(\d+),"entry":(\{.*\})\}$/.exec(line) ?? [];
    expect(Number(position)).toBe(found.position);
    const { size, root } = openCheckpoint((await ask(stranger, vault, readCheckpoint)).note, verifier);
    const proof = await ask(auditor, vault, proveInclusion, { query: { position: found.position, size } });
    const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
    const leaf = leafHash(Buffer.from(bytes, 'utf8'));
    expect(Buffer.from(leaf).toString('base64')).toBe(proof.leaf);
    expect(verifyInclusion(found.position, size, leaf, hashes, root)).toBe(true);
    const other = leafHash(Buffer.from(bytes.replace('brand-shop', 'other-shop'), 'utf8'));
    expect(verifyInclusion(found.position, size, other, hashes, root)).toBe(false);
  });

  it('and proves that nothing was removed since an earlier checkpoint', async () => {
    const older = openCheckpoint(before, verifier);
    const newer = openCheckpoint((await ask(stranger, vault, readCheckpoint)).note, verifier);
    const query = { from: older.size, to: newer.size };
    const { hashes } = await ask(auditor, vault, proveConsistency, { query });
    const proof = hashes.map((hash) => Buffer.from(hash, 'base64'));
    expect(newer.size).toBeGreaterThan(older.size);
    expect(verifyConsistency(older.size, newer.size, proof, older.root, newer.root)).toBe(true);
    expect(verifyConsistency(older.size, newer.size, proof, newer.root, newer.root)).toBe(false);
  });

  it('and reads in a report that names the log, its size and its root', async () => {
    const input = (format: string) => ({
      params: { report: 'reveals' },
      query: { from: began.slice(0, 10), to: '2100-01-01', format },
    });
    const json = JSON.parse((await load(vault, readAuditReport, input('json'))).text) as {
      rows: Record<string, unknown>[];
      covered: { size: number; root: string; checkpoint: string };
    };
    const row = json.rows.find((one) => one.reason_reference === reference);
    expect(row).toMatchObject({ actor: 'brand-shop', fields: 'email', purpose: 'delivery', count: 1 });
    const { size, root } = openCheckpoint(json.covered.checkpoint, verifier);
    expect(json.covered).toMatchObject({ size, root: Buffer.from(root).toString('base64') });
    const page = await load(vault, readAuditReport, input('html'));
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    for (const fact of [reference, info.audit.vault.origin]) expect(page.text).toContain(fact);
    const csv = await load(vault, readAuditReport, input('csv'));
    expect(csv.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w.-]+-reveals-of-\d+\.csv"$/,
    );
    expect(csv.text).toContain(reference);
  });
});

describe('an auditor', () => {
  it('finds who read, and that the log was read, with what was asked', async () => {
    await ask(new Client(info, 'brand-shop'), vault, readPerson, { params: { person: somebody.name } });
    const [read] = await eventually(vault, { action: 'people.read', from: began });
    expect(read.entry.actor).toEqual({ kind: 'client', id: 'brand-shop' });
    const [reading] = await eventually(vault, { action: 'audit.entries', from: began });
    expect(reading.entry).toMatchObject({
      actor: { kind: 'staff', roles: ['auditor'] },
      count: A_NUMBER,
      details: { from: began, size: A_NUMBER, limit: 1_000 },
    });
  });

  it.each(APPS)('leaves an entry at the %s for every reading, before its answer', async (_, url) => {
    const from = new Date().toISOString();
    const period = { from: '2026-01-01', to: '2100-01-01' };
    const { size } = await ask(auditor, url, readAuditEntries, { query: { limit: 1 } });
    await load(url, streamAuditEntries, { query: { format: 'csv', code: 'auth.forbidden' } });
    await load(url, exportAuditLog);
    await ask(auditor, url, proveInclusion, { query: { position: 0, size } });
    await ask(auditor, url, proveConsistency, { query: { from: 1, to: size } });
    await load(url, readTlogTile, { params: { '*': 'entries/000.p/1' } });
    await load(url, readAuditReport, { params: { report: 'access' }, query: period });
    await ask(auditor, url, readAuditFeeds);
    await eventually(url, { action: 'audit.feeds', from });
    const entries = (await findEntries(auditor, url, { from })).map(({ entry }) => entry);
    // Of staff alone: the alert that these readings raise is the log's own, and comes whenever its rule gets to them.
    const actions = entries.flatMap(({ action, actor }) =>
      action.startsWith('audit.') && actor.kind === 'staff' ? [action] : [],
    );
    const expected = 'entries stream export inclusion consistency tlog_tile report feeds'.split(' ');
    // What looked for the last of them comes after it.
    expect(actions.slice(0, expected.length)).toEqual(expected.map((name) => `audit.${name}`));
    const stream = entries.find(({ action }) => action === 'audit.stream');
    expect(stream?.details).toMatchObject({ size: A_NUMBER, format: 'csv' });
  });

  it.each(APPS)('sees that what reads the log of the %s in the background keeps up', async (_, url) => {
    const { feeds } = await ask(auditor, url, readAuditFeeds);
    expect(feeds).toContainEqual({
      name: 'index',
      position: A_NUMBER,
      behind: A_NUMBER,
      failures: 0,
      failingSince: null,
    });
  });

  it.each(APPS)(
    'downloads the log of the %s and verifies it with nothing but the public key',
    async (app, url) => {
      const before = await ask(stranger, url, readCheckpoint);
      const exported = await load(url, exportAuditLog);
      expect(exported.headers.get('content-type')).toBe('application/x-ndjson');
      const report = await verifyExport([Buffer.from(exported.text)], info.audit[app].verifierKey, {
        earlier: before.note,
      });
      expect(report).toMatchObject({ ok: true, earlierSize: before.size });
    },
  );

  it.each(APPS)('finds nobody’s name and no pseudonym in the log of the %s', async (_, url) => {
    const { text } = await load(url, streamAuditEntries);
    const plain = text.toLowerCase();
    expect(plain).toContain('"action"');
    for (const { value } of somebody.person.canaries) expect(plain).not.toContain(value);
    for (const pseudonym of [permit, somebody.name]) expect(plain).not.toContain(pseudonym);
  });

  it('gets a spreadsheet of entries with a line for each', async () => {
    const query = { format: 'csv', from: began, action: 'people.enrol' };
    const csv = await load(vault, streamAuditEntries, { query });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\w.-]+-entries-of-\d+\.csv"$/,
    );
    const [headings = '', ...lines] = csv.text.trimEnd().split('\r\n');
    expect(headings).toMatch(/^position,at,action,outcome,code,actor_kind,actor,/);
    const entries = await findEntries(auditor, vault, { from: began, action: 'people.enrol' });
    expect(lines).toHaveLength(entries.length);
    expect(lines[0]).toContain(
      `${entries[0]?.position},${entries[0]?.entry.at},people.enrol,done,,client,brand-shop,`,
    );
  });
});

describe('tiles', () => {
  it('are those of the tree that is signed', async () => {
    const note = await request(stranger, vault, { method: 'GET', path: '/v1/audit/tlog/checkpoint' });
    expect(note.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const checkpoint = openCheckpoint(note.text, NoteVerifier.parse(info.audit.vault.verifierKey));
    const reply = await auditor.send(`${vault}/v1/audit/tlog/tile/0/000.p/1`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const tile = Buffer.from(await reply.arrayBuffer());
    const { size } = checkpoint;
    const proof = await ask(auditor, vault, proveInclusion, { query: { position: 0, size } });
    expect(tile.toString('base64')).toBe(proof.leaf);
    expect(checkpoint.size).toBeGreaterThan(0);
  });

  it('are for ever once they are full', async () => {
    const fill = async () => {
      for (let n = 0; n < 20; n++) await request(auditor, vault, searchPeople, { body: {} });
      return (await ask(stranger, vault, readCheckpoint)).size;
    };
    await expect.poll(fill, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(256);
    const reply = await auditor.send(`${vault}/v1/audit/tlog/tile/0/000`);
    expect(reply.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect((await reply.arrayBuffer()).byteLength).toBe(256 * 32);
    const bundle = await auditor.send(`${vault}/v1/audit/tlog/tile/entries/000`);
    expect([bundle.status, bundle.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it.each([
    ['0/000.p/256', 404, 'audit.no_tile'],
    ['0/0', 400, 'request.invalid'],
    ['0/x000/001', 404, 'audit.no_tile'],
    ['0/x999/999', 404, 'audit.no_tile'],
    ['64/000.p/1', 404, 'audit.no_tile'],
    ['entries/x999/999.p/3', 404, 'audit.no_tile'],
    ['0/..%2f..%2fcheckpoint', 400, 'request.invalid'],
    ['', 400, 'request.invalid'],
  ])('that are none (%s) are refused', async (path, status, code) => {
    const reply = await auditor.send(`${vault}/v1/audit/tlog/tile/${path}`);
    expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([status, code]);
  });
});

describe('questions that make no sense are refused with a code', () => {
  const far = 2 ** 50;
  const forged = Buffer.alloc(24, 0xff).toString('base64url');
  const cases: [RouteContract, LooseInput, number, string][] = [
    [readAuditEntries, { query: { from: '2026-03-02', to: '2026-03-01' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { from: 'yesterday' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { from: '2026-02-30' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { to: `2026-02-03T00:00:00.${'9'.repeat(200)}Z` } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { subject: 'anna@example.com' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { actor: 'Anna Alt' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { limit: 1_001 } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { name: 'anna' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { cursor: '17' } }, 400, 'request.invalid'],
    [readAuditEntries, { query: { cursor: forged } }, 400, 'audit.cursor_invalid'],
    [streamAuditEntries, { query: { format: 'xml' } }, 400, 'request.invalid'],
    [streamAuditEntries, { query: { from: '2026-03-02', to: '2026-03-01' } }, 400, 'request.invalid'],
    [readAuditReport, { params: { report: 'reveals' } }, 400, 'request.invalid'],
    [
      readAuditReport,
      { params: { report: 'people' }, query: { from: '2026-03-01', to: '2026-03-02' } },
      400,
      'request.invalid',
    ],
    [
      readAuditReport,
      { params: { report: 'access' }, query: { from: '2026-03-02', to: '2026-03-01' } },
      400,
      'request.invalid',
    ],
    [proveInclusion, { query: { position: 5, size: 5 } }, 400, 'request.invalid'],
    [proveInclusion, { query: { position: 5, size: far } }, 404, 'audit.beyond_log'],
    [proveInclusion, { query: { position: '', size: 1 } }, 400, 'request.invalid'],
    [proveConsistency, { query: { from: 0, to: 1 } }, 400, 'request.invalid'],
    [proveConsistency, { query: { from: 2, to: 1 } }, 400, 'request.invalid'],
    [proveConsistency, { query: { from: 1, to: far } }, 404, 'audit.beyond_log'],
  ];

  const named = cases.map((one) => [one[0].id, JSON.stringify(one[1]), ...one] as const);
  it.each(named)('%s %s', async (_route, _input, route, input, status, code) => {
    const answer = await request(auditor, vault, route, input);
    expect([answer.status, answer.code]).toEqual([status, code]);
    for (const value of Object.values(input.query ?? {})) {
      if (typeof value === 'string' && value.length > 4) expect(answer.text).not.toContain(value);
    }
  });
});

describe('nobody else', () => {
  it('sees a person through an auditor', async () => {
    const body = { field: 'email', value: somebody.person.enrolment.fields.email };
    const answer = await request(auditor, vault, searchPeople, { body });
    expect([answer.status, answer.code]).toEqual([403, 'auth.forbidden']);
  });

  it('reads the log', async () => {
    const officer = await signIn(info, info.staff.privacyOfficer);
    const others = [officer, somebody.browser, new Client(info, 'brand-shop'), new Client(info, 'skin-app')];
    for (const [, url] of APPS) {
      for (const other of others) expect((await request(other, url, readAuditEntries)).status).toBe(403);
      expect((await request(stranger, url, readAuditEntries)).status).toBe(401);
    }
  });
});
