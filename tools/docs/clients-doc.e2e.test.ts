import { execFileSync, spawnSync } from 'node:child_process';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the requests of docs/clients.md, since there is no curl here');

/** The commands of the page as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of docs/clients.md', () => {
  let printed: string[] = [];
  beforeAll(() => {
    const script = commandsOf('docs/clients.md', platform())
      .join('\necho\n')
      .replaceAll(/^curl/gm, 'echo; curl');
    printed = execFileSync('sh', ['-eu', '-c', script], { cwd: PROJECT_FOLDER, encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);
  });

  it('gets in with a proof, once, and never with the token alone', () => {
    const [first = '', ...others] = printed;
    expect(first).toBe('{"ok":true}');
    expect(others.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual([
      'auth.proof_invalid',
      'auth.proof_required',
    ]);
  });
});
