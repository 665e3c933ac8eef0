import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';
import { functionsOf, keep } from './curl.fixture.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/rules.md, since there is no curl here');

/** The commands of docs/rules.md as they stand there, by two people who have signed in. */
describe.runIf(canRun)('two people who copy the commands of docs/rules.md', () => {
  const info = platform();
  const kept = mkdtempSync(join(tmpdir(), 'integument-rules-'));
  let printed = '';
  afterAll(() => rmSync(kept, { recursive: true }));
  beforeAll(async () => {
    keep(info, kept, 'adam', await signIn(info, info.staff.admin));
    keep(info, kept, 'olivia', await signIn(info, info.staff.privacyOfficer));
    const names = `VAULT=${info.urls.vault}\nWEB=${info.urls.web}\nKEPT=${kept}\n`;
    const script = names + functionsOf('send', 'field') + commandsOf('docs/rules.md', info).join('\necho\n');
    const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    expect(status, stdout.slice(-1_000) + stderr.slice(-1_000)).toBe(0);
    printed = stdout;
  });

  it('see what a draft would refuse, put it in force, and take it back', () => {
    expect(printed).toContain(
      '"answers":[{"now":{"allowed":true,"refusedBy":[],"reveals":null},"tried":{"allowed":false,"refusedBy":["support-at-home"],"reveals":null}}]',
    );
    const enacted = [...printed.matchAll(/\{"version":(\d+),"digest":"[0-9a-f]{64}","state":"in-force"/g)];
    const { version } = JSON.parse(readFileSync(join(kept, 'before.json'), 'utf8')) as { version: number };
    expect(enacted.map(([, number]) => Number(number))).toEqual([expect.any(Number), version]);
  });
});
