import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeWebhook } from '@integument/contracts';
import { platform } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../outside/ask.js';
import { signIn } from '../outside/browser.js';
import { agreeTo, newcomer } from '../outside/newcomer.js';
import { freePorts } from '../ports.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { commandsOf } from './commands.js';
import { functionsOf, keep } from './curl.fixture.js';

const canRun = ['sh', 'curl'].every((program) => spawnSync(program, ['--version']).error === undefined);
if (!canRun) console.log('skipped: the commands of docs/webhooks.md, since there is no curl here');

/** The commands of docs/webhooks.md as they stand there, by a privacy officer who has signed in. */
describe.runIf(canRun)('a privacy officer who copies the commands of docs/webhooks.md', () => {
  const info = platform();
  const kept = mkdtempSync(join(tmpdir(), 'integument-webhooks-'));
  let receiver = 0;
  afterAll(async () => {
    if (receiver) process.kill(receiver);
    const officer = await signIn(info, info.staff.privacyOfficer);
    await ask(officer, info.urls.vault, removeWebhook, { params: { client: 'brand-shop' } });
    rmSync(kept, { recursive: true });
  });
  beforeAll(async () => {
    keep(info, kept, 'olivia', await signIn(info, info.staff.privacyOfficer));
    const [port] = await freePorts(1);
    const commands = commandsOf('docs/webhooks.md', info)
      .join('\n')
      .replaceAll('4499', String(port))
      .replace(/^sign_in olivia; second_factor olivia$/m, '')
      .replace('"$KEPT/whsec" &', '"$KEPT/whsec" >"$KEPT/heard" 2>&1 & echo $! >"$KEPT/pid"');
    const names = `VAULT=${info.urls.vault}\nWEB=${info.urls.web}\nKEPT=${kept}\n`;
    const ran = spawnSync('sh', ['-eu', '-c', names + functionsOf('send', 'field') + commands], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    receiver = Number(readFileSync(join(kept, 'pid'), 'utf8'));
    expect(ran.status, ran.stdout.slice(-1_000) + ran.stderr.slice(-1_000)).toBe(0);
  });

  it('has a receiver that verifies what it is told, and prints it', async () => {
    const { name, browser } = await newcomer(info);
    await agreeTo(info, browser, 'ingest');
    const heard = () => readFileSync(join(kept, 'heard'), 'utf8');
    await expect.poll(heard, { timeout: 20_000 }).toContain(name);
    expect(heard()).toMatch(new RegExp(`type: 'consent\\.given',[^]*person: '${name}', purpose: 'ingest'`));
  });
});
