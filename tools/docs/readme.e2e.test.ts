import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';
import { LISTENERS } from '../run/settings.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the requests of the README, since there is no curl here');

/** The commands of the README as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of the README', () => {
  let printed = '';
  beforeAll(() => {
    const { dataFolder } = platform();
    const script = commands()
      .map((text) => here(text, dataFolder))
      .join('\necho\n');
    const env = { ...process.env, INTEGUMENT_DATA: dataFolder };
    printed = execFileSync('sh', ['-eu', '-c', script], { cwd: PROJECT_FOLDER, encoding: 'utf8', env });
  });

  it('enrols somebody and sees masks', () => {
    expect(printed).toMatch(
      /"person":"cps_\w{32}","masked":\{"email":"a•••@example.com","given_name":"A•••"\}/,
    );
  });

  it('is refused a reveal', () => {
    expect(printed).toContain('"code":"people.purpose_not_allowed"');
  });

  it('is allowed one', () => {
    expect(printed).toMatch(/"fields":\{"email":"ada@example.com"\}/);
  });

  it('verifies the log', () => {
    expect(printed).toMatch(/^VERIFIED integument\.local\//m);
  });
});

function commands(): string[] {
  const text = readFileSync(join(PROJECT_FOLDER, 'README.md'), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

/** The same command where ports and data folder are others. */
function here(command: string, dataFolder: string): string {
  const { urls } = platform();
  const at = { web: urls.web, vault: urls.vault, api: urls.api, provider: urls.issuer };
  const moved = Object.entries(at).reduce(
    (text, [name, url]) =>
      text.replaceAll(`http://127.0.0.1:${LISTENERS[name as keyof typeof at].port}`, url),
    command,
  );
  return moved.replaceAll('./.data/', `${dataFolder}/`);
}
