import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';
import { functionsOf, keep } from './curl.fixture.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/consent.md, since there is no curl here');

/** The commands of the page as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of docs/consent.md', () => {
  let printed: string[] = [];
  const info = platform();
  const home = mkdtempSync(join(tmpdir(), 'integument-consent-'));
  afterAll(() => rmSync(home, { recursive: true }));
  beforeAll(async () => {
    const desk = join(home, 'integument-audit');
    mkdirSync(desk);
    keep(info, desk, 'olivia', await signIn(info, info.staff.privacyOfficer));
    const commands = commandsOf('docs/consent.md', info);
    const officers = commands.findIndex((block) => block.includes('prove() {'));
    // The functions that the page says to take there, of which this session needs no sign-in.
    const asOfficer = functionsOf('send', 'field');
    const script = ['exec 2>&1', ...commands.slice(0, officers), asOfficer, ...commands.slice(officers)]
      .join('\n')
      .replace(/^sign_in olivia; second_factor olivia$/m, '');
    const { status, stdout } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, HOME: home },
      encoding: 'utf8',
    });
    expect(status, `ended behind\n${stdout.slice(-2_000)}`).toBe(0);
    printed = stdout.trimEnd().split('\n');
  });

  it('sees what is on offer, and gives a consent', () => {
    const { purposes } = JSON.parse(printed[0] ?? '') as { purposes: { name: string }[] };
    expect(purposes.map(({ name }) => name)).toEqual([
      'ingest',
      'recommendation',
      'analytics',
      'fault-finding',
    ]);
    expect(printed[1]).toBe('open');
  });

  it('verifies the receipt offline', () => {
    const told = printed.slice(2, 8).join('\n');
    expect(told).toMatch(
      /^VERIFIED receipt [0-9a-f]{32}\n {2}by {6}Demo Skin Care GmbH\n {2}says {4}dpv:(RenewedC|C)onsentGiven at \S+, until \d{4}-\d\d-\d\d\n/,
    );
    expect(told).toMatch(/\n {2}person {2}psn_[0-9a-z]{32}\n {2}notice {2}sha256:[0-9a-f]{64}$/);
  });

  it('agrees to no other words, takes it back, and reads how it came about', () => {
    expect(JSON.parse(printed[8] ?? '')).toMatchObject({ code: 'consent.notice_not_current', status: 422 });
    expect(printed[9]).toBe('frozen');
    expect(printed.slice(10, 14)).toEqual(['declined', 'open', 'false', 'frozen']);
    expect(printed[14]).toBe('fault-finding stopped');
    expect(printed[15]).toMatch(/(given|renewed) withdrawn$/);
  });

  it('sees on which ground it is kept, which an officer records and lifts', () => {
    expect(printed.slice(16, 18)).toEqual(['GDPR Art. 17(3)(e)', 'legal-claims']);
    expect(printed[18]).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('brings a consent from before, with what proves it', () => {
    expect(printed[19]).toBe('accepted');
    expect(JSON.parse(printed[20] ?? '')).toMatchObject({ refusals: [] });
  });

  it('answers for a child, for what was named and for as long as it goes on', () => {
    expect(printed.slice(21, 24)).toEqual(['active', 'open', 'consent.not_guarded']);
    expect(JSON.parse(printed[24] ?? '')).toEqual({ ended: 'everywhere' });
    expect(printed[25]).toBe('auth.required');
  });

  it('reads what proves each, by the name of the client and by that of the console', () => {
    const [brought, answered, searched] = printed.slice(26, 29).map((line) => JSON.parse(line) as object);
    const evidence = { form: 'checkout', version: 7, wording: 'Yes, keep my readings' };
    expect(brought).toMatchObject({ consents: [{ client: 'brand-shop', evidence }], guardianships: [] });
    const shown = 'Birth certificate 17/2018, seen at the counter';
    expect(answered).toMatchObject({ consents: [], guardianships: [{ state: 'ended', evidence: shown }] });
    expect(searched).toEqual(brought);
  });

  it('reads the register, the assessment, and which opt-outs are overdue', () => {
    expect(printed[29]).toMatch(/^[1-9]\d*$/);
    expect(Object.keys(JSON.parse(printed[30] ?? '') as object)).toEqual(['overdue']);
    for (const name of ['register', 'impact-assessment']) {
      const page = readFileSync(join(home, 'integument-audit', `${name}.html`), 'utf8');
      expect(page, name).toMatch(/^<!doctype html>/);
      expect(page, name).toContain('Demo Skin Care GmbH');
    }
  });
});
