import { PURPOSE_NAMES, readImpactAssessment, readRegister } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exchange, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { noticeOf } from '../../../tools/outside/notices.js';
import { LogTables } from '../../../tools/proofs/audit/log-tables.js';
import { DEMO_REGISTER } from '../../../tools/run/demo-register.js';

const info = platform();
const { api } = info.urls;
const ROUTES = [
  [readRegister, 'Record of processing activities'],
  [readImpactAssessment, 'Data protection impact assessment'],
] as const;

let officer: Browser;
let tables: LogTables;
beforeAll(async () => {
  officer = await signIn(info, info.staff.privacyOfficer);
  tables = await LogTables.open(info);
});
afterAll(() => tables.close());

/** What the log says of it, which is one entry. */
async function entryOf({ headers }: Exchange) {
  const entries = await tables.entriesOf('platform', headers.get('x-request-id') ?? 'none');
  expect(entries).toHaveLength(1);
  return entries[0];
}

describe('an officer', () => {
  it.each(ROUTES)('prints a page that nothing can run in, by $path', async (route, title) => {
    const page = await request(officer, api, route);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const csp = page.headers.get('content-security-policy') ?? '';
    expect(csp).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none';/);
    expect(csp).not.toContain('script');
    expect(page.text).toMatch(/^<!doctype html>/);
    for (const said of [title, DEMO_REGISTER.controller.name]) expect(page.text).toContain(said);
    expect(await entryOf(page)).toMatchObject({
      action: route.id,
      outcome: 'done',
      actor: { kind: 'staff' },
      details: { version: 1, format: 'html' },
    });
  });

  it.each(ROUTES)('has the same as JSON, by $path', async (route) => {
    const read = await request(officer, api, route, { query: { format: 'json' } });
    expect(read.status).toBe(200);
    expect(read.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { purposes } = read.json as { purposes: { name: string }[] };
    expect(purposes.map(({ name }) => name)).toEqual(PURPOSE_NAMES);
    expect(await entryOf(read)).toMatchObject({
      action: route.id,
      outcome: 'done',
      details: { version: 1, format: 'json' },
    });
  });

  it('reads which notices are agreed to, and which version the assessment is made from', async () => {
    const json = async (route: (typeof ROUTES)[number][0], query = {}) =>
      (await request(officer, api, route, { query: { format: 'json', ...query } })).json;
    const notices = expect.arrayContaining([
      { language: 'en', version: 1, hash: noticeOf('ingest') },
      { language: 'de', version: 1, hash: noticeOf('ingest', 'de') },
    ]) as unknown;
    const register = (await json(readRegister)) as { hash: string };
    expect(register).toMatchObject({
      version: 1,
      controller: DEMO_REGISTER.controller,
      purposes: expect.arrayContaining([expect.objectContaining({ name: 'ingest', notices })]) as unknown,
    });
    expect(await json(readRegister, { version: 1 })).toEqual(register);
    expect(await json(readImpactAssessment)).toMatchObject({
      controller: DEMO_REGISTER.controller.name,
      register: { version: 1, hash: register.hash },
    });
  });

  it.each([
    [99, 404, 'register.version_unknown'],
    [0, 400, 'request.invalid'],
    [1e20, 400, 'request.invalid'],
  ])('has no version %d', async (version, status, code) => {
    const refused = await request(officer, api, readRegister, { query: { version } });
    expect([refused.status, refused.code]).toEqual([status, code]);
    expect(await entryOf(refused)).toMatchObject({ action: 'register.read', outcome: 'refused', code });
  });
});
