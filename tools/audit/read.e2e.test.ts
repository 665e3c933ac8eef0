import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAuditFeeds, revealPerson } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask } from '../outside/ask.js';
import { type Browser, signIn } from '../outside/browser.js';
import { Client } from '../outside/client.js';
import { findEntries } from '../outside/find-entries.js';
import { agreeTo, newcomer } from '../outside/newcomer.js';
import { DIST_FOLDER } from '../project-folder.js';

/** What all other stories leave in the logs is more than a program's output may have when nothing is said. */
const LOGS_BYTES = 256 * 1024 * 1024;

interface Line {
  readonly log: string;
  readonly position: number;
  readonly entry: { readonly at: string; readonly action: string; readonly outcome: string };
}

const info = platform();
const { vault, api } = info.urls;
const PROGRAM = join(DIST_FOLDER, 'tools/audit/read.js');
const KEYS = ['--key', info.audit.vault.verifierKey, '--key', info.audit.api.verifierKey];
const folder = mkdtempSync(join(tmpdir(), 'integument-read-'));
const began = new Date().toISOString();
let auditor: Browser;
let cookies: string[];
beforeAll(async () => {
  auditor = await signIn(info, info.staff.auditor);
  const person = await newcomer(info);
  await agreeTo(info, person.browser, 'ingest');
  const reason = { code: 'order' as const, reference: `ORDER-${Date.now() % 1e9}` };
  const body = { fields: ['email' as const], purpose: 'delivery' as const, reason };
  await ask(new Client(info, 'brand-shop'), vault, revealPerson, { params: { person: person.name }, body });
  for (const [app, action] of [
    [vault, 'people.reveal'],
    [api, 'consent.give'],
  ] as const) {
    await vi.waitFor(
      async () => expect(await findEntries(auditor, app, { action, from: began })).not.toEqual([]),
      {
        timeout: 20_000,
        interval: 200,
      },
    );
  }
  const file = join(folder, 'cookie');
  writeFileSync(file, await cookiesOf(auditor), { mode: 0o600 });
  cookies = ['--cookie-file', file, '--cookie-file', file];
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a browser would send to the apps, which here are on one host. */
async function cookiesOf(browser: Browser): Promise<string> {
  let sent = '';
  const { fetch } = globalThis;
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    sent = new Headers(init?.headers).get('cookie') ?? '';
    return fetch(url, init);
  });
  await browser.send(`${vault}/v1/audit/feeds`);
  spy.mockRestore();
  return sent;
}

function read(...args: string[]) {
  const options = { encoding: 'utf8', maxBuffer: LOGS_BYTES } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], options);
  const lines = stdout.split('\n').slice(0, -1);
  return { status, lines, stderr };
}

describe('an auditor’s own machine', () => {
  it('merges what both apps’ logs have of a time, each entry proved', () => {
    const { status, lines, stderr } = read(vault, api, ...KEYS, ...cookies, '--from', began);
    expect([status, stderr.match(/^VERIFIED .*/gm)]).toEqual([
      0,
      [`VERIFIED ${info.audit.vault.origin}`, `VERIFIED ${info.audit.api.origin}`],
    ]);
    const entries = lines.map((line) => JSON.parse(line) as Line);
    const times = entries.map(({ entry }) => entry.at);
    expect(times).toEqual([...times].sort());
    const actionsOf = (log: string) =>
      entries.filter((one) => one.log === log).map(({ entry }) => entry.action);
    expect(actionsOf(info.audit.vault.origin)).toEqual(
      expect.arrayContaining(['people.reveal', 'people.enrol']),
    );
    expect(actionsOf(info.audit.api.origin)).toContain('consent.give');
  });

  it('leaves one entry in each log for it, and none for the proofs', async () => {
    const from = new Date().toISOString();
    expect(read(vault, api, ...KEYS, ...cookies, '--outcome', 'done').status).toBe(0);
    for (const app of [vault, api]) {
      // What comes behind everything that the reading could have left.
      await ask(auditor, app, readAuditFeeds);
      await vi.waitFor(
        async () => {
          const found = (await findEntries(auditor, app, { from })).filter(
            ({ entry }) => entry.actor.kind === 'staff',
          );
          const actions = found
            .map(({ entry }) => entry.action)
            .filter((action) => action !== 'audit.entries');
          expect(actions).toEqual(['audit.stream', 'audit.feeds']);
        },
        { timeout: 20_000, interval: 200 },
      );
    }
  });

  it('passes filters on, and writes a spreadsheet', () => {
    const { status, lines } = read(
      vault,
      api,
      ...KEYS,
      ...cookies,
      '--from',
      began,
      '--action=people.reveal',
      '--format=csv',
    );
    expect(status).toBe(0);
    expect(lines[0]).toMatch(/^log,position,at,action,/);
    expect(lines[1]).toContain(`${info.audit.vault.origin},`);
    expect(lines.slice(1).every((line) => line.includes(',people.reveal,done,'))).toBe(true);
  });

  it('is told when a log is not that of its key, who may not read, and what is no filter', () => {
    const [, vaultKey = ''] = KEYS;
    const alone = read(vault, api, '--key', vaultKey, ...cookies);
    expect([alone.status, alone.lines, alone.stderr]).toEqual([
      1,
      [],
      expect.stringContaining('(checkpoint.signature)'),
    ]);
    const stranger = read(vault, api, ...KEYS);
    expect([stranger.status, stranger.lines]).toEqual([2, []]);
    expect(stranger.stderr).toMatch(/v1\/audit\/stream was answered with status 401 \(\S+\)\n$/);
    const nonsense = read(vault, api, ...KEYS, ...cookies, '--outcome', 'canary');
    expect([nonsense.status, nonsense.stderr]).toEqual([
      2,
      expect.stringMatching(/status 400 \(request\.invalid: query\.outcome\)\n$/),
    ]);
  });

  it('may stop reading: the program ends, and says that this was not all', async () => {
    const program = spawn(process.execPath, [PROGRAM, vault, api, ...KEYS, ...cookies], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    program.stdout.destroy();
    let said = '';
    program.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const status = await new Promise((resolve) => program.on('close', resolve));
    expect([status, said]).toEqual([2, expect.stringMatching(/^could not be read to the end: .*EPIPE\n$/)]);
  });
});
