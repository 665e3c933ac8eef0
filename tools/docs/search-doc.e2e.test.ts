import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enrolPeople, searchPeople } from '@integument/contracts';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, request } from '../outside/ask.js';
import { Browser } from '../outside/browser.js';
import { Client } from '../outside/client.js';
import { DIST_FOLDER, PROJECT_FOLDER } from '../project-folder.js';
import { forgetData } from '../run/data-folder.js';
import { type Platform, startPlatform } from '../run/platform.js';
import { commandsOf } from './commands.js';

const canRun = ['sh', 'curl', 'grep'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);
if (!canRun) console.log('skipped: the commands of docs/search.md, since there is no curl here');

const page = readFileSync(join(PROJECT_FOLDER, 'docs/search.md'), 'utf8');
const [, catalogue = ''] = /^```json\n(\{\n {2}"search".*?)^```$/ms.exec(page) ?? [];

/** The commands of the page as they stand there, against a platform that was started with the file of the page. */
describe.runIf(canRun)('whoever copies the commands of docs/search.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'integument-search-'));
  const file = join(folder, 'catalogue.json');
  let platform: Platform;
  let printed: string[] = [];
  beforeAll(async () => {
    writeFileSync(file, catalogue);
    vi.stubEnv('VAULT_CATALOGUE_FILE', file);
    platform = await startPlatform({
      dataFolder: join(folder, 'data'),
      ports: 'free',
      durable: true,
      quiet: true,
      only: ['vault-postgres', 'provider', 'vault', 'web'],
    });
    const script = ['exec 2>&1', ...commandsOf('docs/search.md', platform.info)].join('\n');
    const { status, stdout } = spawnSync('sh', ['-eu', '-c', script], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    expect(status, `ended behind\n${stdout.slice(-2_000)}`).toBe(0);
    printed = stdout.trimEnd().split('\n');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await platform.stop();
    forgetData(join(folder, 'data'));
    rmSync(folder, { recursive: true });
  });

  const shop = () => new Client(platform.info, 'brand-shop');
  const find = (where: object) => ask(shop(), platform.info.urls.vault, searchPeople, { body: { where } });

  it('enrols people, and finds them by parts and by several fields', () => {
    const [enrolled, byParts = '', byBoth = '', refused = '', nobody] = printed;
    expect(enrolled).toBe('300');
    const found = (line: string) => JSON.parse(line) as { people: { masked: object }[]; more: boolean };
    expect(found(byParts).people.length).toBeGreaterThan(1);
    expect(found(byParts).people[0]?.masked).toMatchObject({ birth_date: '1983-••-••' });
    expect(found(byBoth)).toMatchObject({
      people: [{ masked: { email: '•••@host3.example' } }],
      more: false,
    });
    expect(refused).toMatch(/"code":"people\.not_searchable".*"path":"body\.where\.family_name"/);
    expect(nobody).toBe('{"people":[],"more":false}');
  });

  it('of staff searches by parts with a fresh factor, and sees everybody', async () => {
    const officer = new Browser(platform.info);
    await officer.signIn(platform.info.staff.privacyOfficer);
    const { vault } = platform.info.urls;
    const body = { where: { 'email:domain': 'host3.example' } };
    const { people } = await ask(officer, vault, searchPeople, { body });
    expect(people).toHaveLength(30);
    const names = (await find(body.where)).people.map(({ person }) => person);
    expect(people.some(({ person }) => names.includes(person))).toBe(false);
  });

  it('is told which parts are wrong, and never what they were', async () => {
    const { vault } = platform.info.urls;
    const wrong = [{ 'birth_date:year': 'canary' }, { 'email:local': 'canary' }, {}, { email: 'canary' }];
    for (const where of wrong) {
      const answer = await request(shop(), vault, searchPeople, { body: { where } });
      expect([answer.status, answer.code]).toEqual([400, 'request.invalid']);
      expect(answer.text).not.toContain('canary');
    }
  });

  it('loses nobody when the vault is killed while it goes through the people', async () => {
    const { info } = platform;
    const database = new pg.Client(info.databases.vault.url);
    await database.connect();
    const batch = (from: number) => ({
      people: Array.from({ length: 1_000 }, (_, n) => ({
        fields: {
          email: `late${from + n}@late.example`,
          family_name: `N${from + n}`,
          birth_date: '1990-01-01',
        },
      })),
    });
    for (const from of [0, 1_000, 2_000])
      await ask(shop(), info.urls.vault, enrolPeople, { body: batch(from) });
    // As if all of them had been enrolled before the index was declared.
    await database.query('DELETE FROM person_index');
    await database.query('UPDATE person SET search_plan = NULL');
    const rows = async () =>
      Number((await database.query<{ n: string }>('SELECT count(*) AS n FROM person_index')).rows[0]?.n);
    await vi.waitFor(async () => expect(await rows()).toBeGreaterThan(0), { timeout: 60_000, interval: 20 });
    await platform.child('vault').kill9();
    const left = await rows();
    expect(left).toBeLessThan(2 * 3_300);
    await platform.waitReady('vault');
    await vi.waitFor(async () => expect(await rows()).toBe(2 * 3_300), { timeout: 60_000, interval: 200 });
    const one = { family_name: 'n2999', 'birth_date:year': 1990 };
    expect((await find(one)).people).toHaveLength(1);
    await database.end();
  });

  it('can start no vault with indexes that tell too much', () => {
    const { spec } = platform.child('vault');
    const greedy = { search: { people: 500, indexes: { domain: { of: ['email:domain'], bits: 10 } } } };
    writeFileSync(join(folder, 'greedy.json'), JSON.stringify(greedy));
    const env = { ...spec.command.env, VAULT_CATALOGUE_FILE: join(folder, 'greedy.json') };
    const entry = join(DIST_FOLDER, 'apps/vault/src/main.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [entry], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(status).not.toBe(0);
    expect(stdout + stderr).toContain('tell 10.0 bits of each person, 5.0 too many');
  });
});
