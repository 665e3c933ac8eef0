import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { signIn } from '../outside/browser.js';
import { findEntries } from '../outside/find-entries.js';
import { freePorts } from '../ports.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl', 'awk', 'sed'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);
if (!canRun) console.log('skipped: the commands of docs/audit.md, since there is no curl, awk or sed here');

/** The commands of docs/audit.md as they stand there, after those of the README, as the page says. */
describe.runIf(canRun)('an auditor who copies the commands of docs/audit.md', () => {
  const home = mkdtempSync(join(tmpdir(), 'integument-auditor-'));
  const info = platform();
  let printed = '';
  afterAll(() => rmSync(home, { recursive: true }));
  beforeAll(async () => {
    const began = new Date().toISOString();
    run(commandsOf('README.md', info));
    const auditor = await signIn(info, info.staff.auditor);
    // The page says that an entry is found after about a second.
    await vi.waitFor(
      async () => {
        const filter = { action: 'tokens.reveal', outcome: 'done', from: began };
        expect(await findEntries(auditor, info.urls.vault, filter)).not.toEqual([]);
      },
      { timeout: 20_000, interval: 200 },
    );
    const [port] = await freePorts(1);
    printed = run(commandsOf('docs/audit.md', info).map((text) => text.replaceAll('4501', String(port))));
  });

  function run(commands: readonly string[]): string {
    // A witness that outlives a failed command would keep the test from ending.
    const ending = `SERVING=; trap '[ -z "$SERVING" ] || kill "$SERVING" 2>/dev/null || :' EXIT\nexec 2>&1\n`;
    const env = { ...process.env, INTEGUMENT_DATA: info.dataFolder, HOME: home };
    const script = ending + commands.join('\necho\n');
    const { status, stdout } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
      env,
    });
    expect(status, `ended behind\n${stdout.slice(-2_000)}`).toBe(0);
    return stdout;
  }

  it('signs in at both apps', () => {
    expect(printed).toMatch(/"feeds":\[\{"name":"/);
    expect(printed).toMatch(/"kind":"staff","roles":\["auditor"\]/);
  });

  it('finds who revealed what and why, also as a report', () => {
    expect(printed).toMatch(
      /"action":"tokens\.reveal","outcome":"done","actor":\{"kind":"client".*?"fields":\["email"\],"reason":\{"code":"order","reference":"ORDER-42"\}/,
    );
    // A commitment that begins with a minus has a mark before it, so that no spreadsheet takes it for a formula.
    expect(printed).toMatch(/^client,brand-shop,'?[\w-]{43},email,delivery,order,ORDER-42,/m);
  });

  it('reads both logs by time, each entry proved', () => {
    for (const app of ['vault', 'api'])
      expect(printed).toMatch(
        new RegExp(`^VERIFIED \\S+/${app}\n {2}entries {3}\\d+, each proved to be one of the \\d+ that`, 'm'),
      );
    const merged = readFileSync(join(home, 'integument-audit', 'done.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    const entries = merged.map((line) => JSON.parse(line) as { log: string; entry: { at: string } });
    const times = entries.map(({ entry }) => entry.at);
    expect(times).toEqual([...times].sort());
    expect(new Set(entries.map(({ log }) => log.split('/').at(-1)))).toEqual(new Set(['vault', 'api']));
  });

  it('proves that one entry is in the log', () => {
    expect(printed).toMatch(/^VERIFIED \S+\/vault\n {2}entry {2}position \d+ of \d+ entries\n/m);
  });

  it('proves that nothing was removed since the checkpoint that it kept', () => {
    expect(printed).toMatch(
      /begins with the \d+ entries of the earlier checkpoint\n {2}the newest checkpoint continues/,
    );
  });

  it('verifies both logs offline, merges them, and finds a change', () => {
    expect(printed).toMatch(/^VERIFIED \S+\/api$/m);
    expect(printed).toMatch(/^\{"log":"\S+\/vault","position":\d+,"entry":\{.*"action":"tokens\.reveal"/m);
    expect(printed).toMatch(/^NOT VERIFIED \S+\/vault: first bad position \d+: .*\(entry\.changed\)$/m);
    expect(printed).toContain('refused with 1');
  });

  it('opens a commitment together with the privacy officer, and checks it', () => {
    expect(printed).toMatch(/"approval":"apr_\w{32}".*"state":"approved"/);
    expect(printed).toContain('salt and id make the commitment');
  });

  it('tries an alert rule', () => {
    expect(printed).toMatch(/"entries":\d+,"complete":(?:true|false),"count":\d+,"items":\[/);
  });

  it('has a witness of its own cosign a checkpoint', () => {
    expect(printed).toMatch(/^— auditor\.example\/w1 [A-Za-z0-9+/=]{100,}$/m);
  });

  it('keeps what it needs the next time', () => {
    const kept = readdirSync(join(home, 'integument-audit'));
    for (const name of ['vault.note', 'proof.json', 'reveals.html', 'witness.key'])
      expect(kept).toContain(name);
  });
});
