import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';
import { keep } from './curl.fixture.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/cohorts.md, since there is no curl here');

/** The commands of docs/cohorts.md as they stand there, behind the first block of docs/consent.md. */
describe.runIf(canRun)('whoever copies the commands of docs/cohorts.md', () => {
  const info = platform();
  const home = mkdtempSync(join(tmpdir(), 'integument-cohorts-'));
  let printed: string[] = [];
  afterAll(() => rmSync(home, { recursive: true }));
  beforeAll(async () => {
    const desk = join(home, 'integument-audit');
    mkdirSync(desk);
    keep(info, desk, 'olivia', await signIn(info, info.staff.privacyOfficer));
    const [functions = ''] = commandsOf('docs/consent.md', info);
    const script = [functions, ...commandsOf('docs/cohorts.md', info)].join('\n');
    const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      env: { ...process.env, HOME: home, TMPDIR: home },
      encoding: 'utf8',
    });
    expect(status, stdout.slice(-1_000) + stderr.slice(-1_000)).toBe(0);
    printed = stdout.trimEnd().split('\n');
  });

  it('says facts about themselves, and reads back what is kept of them', () => {
    expect(JSON.parse(printed[0] ?? '')).toEqual({
      facts: {
        skinType: 'dry',
        concerns: ['acne'],
        productsUsed: 3,
        routineSteps: 2,
        interactions: 10,
      },
    });
  });

  it('asks, and is told numbers or that there are too few', () => {
    expect(printed).toHaveLength(3);
    for (const answer of printed.slice(1))
      expect(JSON.parse(answer)).toEqual(
        answer.includes('"code"')
          ? expect.objectContaining({ code: 'cohorts.too_small' })
          : expect.objectContaining({ base: 5 }),
      );
  });
});
