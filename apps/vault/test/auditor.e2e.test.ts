import { verifyExport } from '@integument/audit-log';
import {
  exportAuditLog,
  type RouteContract,
  readAuditEntries,
  readCheckpoint,
  readPerson,
  searchPeople,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { agreeTo, type Newcomer, newcomer } from '../../../tools/outside/newcomer.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;
const APPS = [
  ['vault', vault],
  ['api', api],
] as const;

let auditor: Browser;
let somebody: Newcomer;
let permit: string;
beforeAll(async () => {
  auditor = await signIn(info, info.staff.auditor);
  somebody = await newcomer(info);
  permit = await agreeTo(info, somebody.browser, 'ingest');
});

interface Entry {
  readonly action: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string; readonly id: string };
}

/** Every entry from a position on. Entries stand in the tree within a second, so this waits until one that is expected does. */
async function entriesUntil(app: string, from: number, isThere: (entry: Entry) => boolean): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor = from === 0 ? undefined : String(from - 1);
  await expect
    .poll(
      async () => {
        const query: Record<string, string | number> = {
          limit: 1_000,
          ...(cursor !== undefined && { cursor }),
        };
        const { items } = await ask(auditor, app, readAuditEntries, { query });
        entries.push(...items.map(({ entry }) => entry as unknown as Entry));
        const last = items.at(-1);
        if (last) cursor = String(last.position);
        return entries.some(isThere);
      },
      { timeout: 15_000, interval: 200 },
    )
    .toBe(true);
  return entries;
}

describe('an auditor', () => {
  it('reads who did what, and that the log was read', async () => {
    const { size } = await ask(stranger, vault, readCheckpoint);
    await ask(new Client(info, 'brand-shop'), vault, readPerson, { params: { person: somebody.name } });
    const entries = await entriesUntil(vault, size, ({ action }) => action === 'people.read');
    expect(entries.find(({ action }) => action === 'people.read')).toMatchObject({
      outcome: 'done',
      actor: { kind: 'client', id: 'brand-shop' },
    });
    const later = await entriesUntil(vault, size, ({ action }) => action === 'audit.entries');
    expect(later.find(({ action }) => action === 'audit.entries')).toMatchObject({
      actor: { kind: 'staff', roles: ['auditor'] },
    });
  });

  it.each(APPS)(
    'downloads the log of the %s and verifies it with nothing but the public key',
    async (app, url) => {
      const before = await ask(stranger, url, readCheckpoint);
      const route: RouteContract = exportAuditLog;
      const exported = await request(auditor, url, route);
      expect([exported.status, exported.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
      const report = await verifyExport([Buffer.from(exported.text)], info.audit[app].verifierKey, {
        earlier: before.note,
      });
      expect(report).toMatchObject({ ok: true, earlierSize: before.size });
    },
  );

  it.each(APPS)('finds nobody’s name and no pseudonym in the log of the %s', async (_, url) => {
    const { size } = await ask(stranger, url, readCheckpoint);
    expect(size).toBeGreaterThan(0);
    const route: RouteContract = exportAuditLog;
    const { text } = await request(auditor, url, route);
    // Not the hashes: in base64 any short word turns up by chance.
    const entries = text.split('\n').flatMap((line) => /"entry":(.*)/.exec(line)?.[1] ?? []);
    const plain = entries.join('\n').toLowerCase();
    expect(plain).toContain('"action"');
    for (const { value } of somebody.person.canaries) expect(plain).not.toContain(value);
    for (const pseudonym of [permit, somebody.name]) expect(plain).not.toContain(pseudonym);
  });

  it('sees no person', async () => {
    const body = { field: 'email', value: somebody.person.enrolment.fields.email };
    const answer = await request(auditor, vault, searchPeople, { body });
    expect([answer.status, answer.code]).toEqual([403, 'auth.forbidden']);
  });

  it('is the only one to read the log', async () => {
    const officer = await signIn(info, info.staff.privacyOfficer);
    const others = [officer, somebody.browser, new Client(info, 'brand-shop'), new Client(info, 'skin-app')];
    for (const [, url] of APPS) {
      for (const other of others) expect((await request(other, url, readAuditEntries)).status).toBe(403);
      expect((await request(stranger, url, readAuditEntries)).status).toBe(401);
    }
  });
});
