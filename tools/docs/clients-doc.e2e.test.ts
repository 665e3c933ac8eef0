import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appointStaff, nameAccount, type StaffRole } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../outside/ask.js';
import { signIn } from '../outside/browser.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { agreed } from '../proofs/audit/calls/approvals.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the requests of docs/clients.md, since there is no curl here');

const info = platform();
const reason = { code: 'legal', reference: 'HR-7' } as const;

/** Staff of this test alone, since others run the commands of other pages as adam and olivia: each factor is enrolled once. */
async function appoint(...roles: StaffRole[]): Promise<string> {
  const admin = await signIn(info, info.staff.admin);
  const officer = await signIn(info, info.staff.privacyOfficer);
  const subject = `copier-${randomBytes(4).toString('hex')}`;
  const { account } = await ask(admin, info.urls.vault, nameAccount, { body: { subject } });
  const asked = { operation: 'staff.change', parameters: { account, roles }, reason } as const;
  const body = { subject, roles, ...(await agreed(info, [admin, officer], asked)) };
  await ask(admin, info.urls.vault, appointStaff, { body });
  return subject;
}

/** What docs/audit.md defines, without what it does. */
function functions(): string[] {
  const defining = commandsOf('docs/audit.md', info).filter((text) =>
    /^(?:VAULT=|sign_in\(|send\()/m.test(text),
  );
  return defining.map((text) => text.replaceAll(/^(?:sign_in|second_factor|see) .*$/gm, ''));
}

/** The commands of the page as they stand there, against the platform of this run. */
describe.runIf(canRun)('whoever copies the commands of docs/clients.md', () => {
  const home = mkdtempSync(join(tmpdir(), 'integument-clients-'));
  let printed = '';
  afterAll(() => rmSync(home, { recursive: true }));
  beforeAll(async () => {
    const [admin, officer] = [await appoint('admin'), await appoint('privacy-officer')];
    const own = commandsOf('docs/clients.md', info)
      .join('\necho\n')
      .replaceAll(/^(?:curl|noop)/gm, 'echo; $&')
      .replaceAll('adam', admin)
      .replaceAll('olivia', officer)
      .replaceAll('gift-shop', `gift-shop-${randomBytes(4).toString('hex')}`);
    const script = ['exec 2>&1', ...functions(), own].join('\n');
    const env = { ...process.env, HOME: home };
    const ran = spawnSync('sh', ['-eu', '-c', script], { cwd: PROJECT_FOLDER, encoding: 'utf8', env });
    expect(ran.status, `ended behind\n${ran.stdout.slice(-2_000)}`).toBe(0);
    printed = ran.stdout;
  });

  it('gets in with a proof, once, and never with the token alone; then by each credential while it is good', () => {
    const answers = printed.split('\n').flatMap((line) => {
      if (line === '{"ok":true}') return ['let in'];
      const [, code] = /"code":"(auth\.\w+)"/.exec(line) ?? [];
      return code ? [code] : [];
    });
    expect(answers).toEqual([
      ...['let in', 'auth.proof_invalid', 'auth.proof_required'],
      'let in',
      ...['let in', 'let in'],
      ...['auth.required', 'let in'],
      ...['auth.required', 'let in'],
      'auth.required',
    ]);
  });

  it('sees what the client is after each step', () => {
    const states = [...printed.matchAll(/"dpop":false,"state":"(\w+)","origin":"console"/g)];
    expect(states.map(([, state]) => state)).toEqual([
      ...['active', 'active', 'active'],
      ...['suspended', 'active', 'removed'],
    ]);
  });
});
