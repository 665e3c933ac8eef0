import { spawnSync } from 'node:child_process';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/letters.md, since there is no curl here');

/** The commands of docs/letters.md as they stand there; the settings of a mail server are nobody's in a shell. */
describe.runIf(canRun)('whoever copies the commands of docs/letters.md', () => {
  const info = platform();
  let printed = '';
  beforeAll(() => {
    const commands = commandsOf('docs/letters.md', info)
      .join('\necho\n')
      .replaceAll('http://127.0.0.1:4408', info.urls.mail);
    const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', commands], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(status, stdout.slice(-1_000) + stderr.slice(-1_000)).toBe(0);
    printed = stdout;
  });

  it('sees what was caught, has somebody written to in German, and reports a bounce', () => {
    const lines = printed.split('\n');
    const caught = lines.filter((line) => line.startsWith('{"letters"'));
    expect(caught).toHaveLength(2);
    const { letters } = JSON.parse(caught[1] ?? '') as { letters: { to: string[]; subject: string }[] };
    const told = letters.filter(({ to }) => to.includes('ottilie@example.org'));
    expect(told).toMatchObject([{ subject: 'Zu Ihrem Konto' }]);
    expect(lines.some((line) => line.startsWith('{"guardianship"'))).toBe(true);
    expect(printed.trimEnd().split('\n').at(-1)).toBe('204');
  });
});
