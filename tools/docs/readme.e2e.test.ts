import { execFileSync, spawnSync } from 'node:child_process';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the requests of the README, since there is no curl here');

/** The commands of the README as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of the README', () => {
  let printed = '';
  beforeAll(() => {
    const info = platform();
    const script = commandsOf('README.md', info).join('\necho\n');
    const env = { ...process.env, INTEGUMENT_DATA: info.dataFolder };
    printed = execFileSync('sh', ['-eu', '-c', script], { cwd: PROJECT_FOLDER, encoding: 'utf8', env });
  });

  it('gets a token for a value', () => {
    expect(printed).toMatch(/^tok_[0-9a-z]{40}$/m);
  });

  it('is refused a reveal', () => {
    expect(printed).toContain('"code":"people.purpose_not_allowed"');
  });

  it('is allowed one', () => {
    expect(printed).toContain('{"field":"email","value":"adele@example.com"}');
  });

  it('verifies the log', () => {
    expect(printed).toMatch(/^VERIFIED integument\.local\//m);
  });
});
