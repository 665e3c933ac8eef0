import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';

const canRun = spawnSync('sh', ['-c', ':']).status === 0;
if (!canRun) console.log('skipped: the commands of docs/moving-in.md, since there is no sh here');

/** The commands of the page as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of docs/moving-in.md', () => {
  const home = mkdtempSync(join(tmpdir(), 'integument-moving-'));
  let printed = '';
  afterAll(() => rmSync(home, { recursive: true }));
  beforeAll(() => {
    const script = commandsOf('docs/moving-in.md', platform()).join('\necho\n');
    const env = { ...process.env, TMPDIR: home };
    const ran = spawnSync('sh', ['-eu', '-c', script], { cwd: PROJECT_FOLDER, encoding: 'utf8', env });
    expect(ran.status, `${ran.stdout.slice(-2_000)}${ran.stderr.slice(-2_000)}`).toBe(0);
    printed = ran.stdout;
  });

  it('keeps rows with pseudonyms, and has the refused one in a file of its own', () => {
    expect(printed).toContain('3 rows, 2 kept');
    expect(printed).toMatch(/^person,No,Card,Points\ncps_\w{32},1,\+442079460018,120\n/m);
    expect(printed).toMatch(/^4,request\.invalid,fields\.email,3,nobody,/m);
  });

  it('has tokens in place of values', () => {
    expect(printed).toMatch(/^cps_\w{32},1,tok_\w{40},120$/m);
  });

  it('has tokens in a table, after a trial, and loses the values before once they are compared', () => {
    expect(printed).toContain('email: 3 rows, 3 would get tokens, 0 have them\n');
    expect(printed).toContain('email: 3 rows, 3 tokens put, 0 there already');
    const rows = [
      ...printed.matchAll(/^\{"id":(\d),"email":"(tok_\w{40})","old_email":"(\w+@example\.org)"\}$/gm),
    ];
    expect(rows.map(([, id, , old]) => [id, old])).toEqual([
      ['1', 'ada@example.org'],
      ['2', 'grace@example.org'],
      ['3', 'ADA@example.org'],
    ]);
    expect(rows[2]?.[2]).toBe(rows[0]?.[2]);
    expect(printed).toContain('email: 3 rows, 3 tokens revealed and compared with old_email, 0 wrong\n');
    expect(printed).toContain('dropped: old_email\n');
  });

  it('takes everything out again, encrypted', () => {
    expect(printed).toMatch(/2 rows, 2 encrypted: \S+shop\.age, none refused/);
  });
});
