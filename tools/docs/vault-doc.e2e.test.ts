import { spawnSync } from 'node:child_process';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/vault.md, since there is no curl here');

/** The commands of the page as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of docs/vault.md', () => {
  let printed: string[] = [];
  beforeAll(() => {
    const script = ['exec 2>&1', ...commandsOf('docs/vault.md', platform())].join('\n');
    const { status, stdout } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    expect(status, `ended behind\n${stdout.slice(-2_000)}`).toBe(0);
    printed = stdout.trimEnd().split('\n');
  });

  it('gets a token of each type for a card', () => {
    expect(printed[0]).toMatch(/^tok_[0-9a-z]{40} tok_[0-9a-z]{40} [1-9][0-9]{11}1111$/);
  });

  it('sees everything that the page says comes back', () => {
    const answers = printed.slice(1).map((line) => JSON.parse(line) as { code?: string });
    const card = { field: 'card', value: '4111111111111111' };
    const gone = { code: 'tokens.not_found' };
    expect(answers).toMatchObject([
      ...[card, { field: 'card', masked: '•••1111' }, card],
      { field: 'birth_day', answer: true },
      { field: 'loyalty_number', value: 'L-100200300' },
      gone,
      { field: 'email', value: 'ada@example.com' },
      gone,
      { field: 'terminal_phone', value: '+4930901820' },
      {
        field: 'card',
        type: 'deterministic',
        domain: null,
        ofPerson: false,
        expiresAt: null,
        usesLeft: null,
      },
      { removed: 2 },
      { made: 1, refused: 3 },
      { made: 1, refused: 1 },
      { field: 'loyalty_number', value: 'L-2999' },
    ]);
    const [sent, known] = answers.slice(-3) as { results: { code?: string; fields?: string[] }[] }[];
    expect(sent?.results.slice(1)).toEqual([
      { code: 'catalogue.value_unfit' },
      { code: 'tokens.field_unknown' },
      { code: 'request.invalid', fields: ['value', 'uses'] },
    ]);
    expect(known?.results.slice(1)).toEqual([{ code: 'tokens.value_unknown' }]);
  });
});
