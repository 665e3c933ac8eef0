import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';
import { functionsOf, keep } from './curl.fixture.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/keys.md, since there is no curl here');

/** The commands of docs/keys.md as they stand there, by an admin who has signed in. */
describe.runIf(canRun)('an admin who copies the commands of docs/keys.md', () => {
  const info = platform();
  const kept = mkdtempSync(join(tmpdir(), 'integument-keys-'));
  let printed = '';
  afterAll(() => rmSync(kept, { recursive: true }));
  beforeAll(async () => {
    keep(info, kept, 'adam', await signIn(info, info.staff.admin));
    const names = `VAULT=${info.urls.vault}\nWEB=${info.urls.web}\nKEPT=${kept}\n`;
    const script = names + functionsOf('send', 'field') + commandsOf('docs/keys.md', info).join('\necho\n');
    const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    expect(status, stdout.slice(-1_000) + stderr.slice(-1_000)).toBe(0);
    printed = stdout;
  });

  it('sees all versions, begins a rotation, and sees how far it is', () => {
    expect(printed).toContain('"domain":"person"');
    expect(printed).toMatch(/\{"rotation":"rot_\w{32}","domain":"permit","fromVersion":\d+/);
  });
});
