import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Integrator, NoteSigner } from '@integument/audit-log';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateNoteKey } from '../../libs/audit-log/src/core/index.js';
import { archiveCommand } from './archive-command.js';

const { skey } = generateNoteKey('integument.local/api');
let base: string;
let env: Record<string, string>;
let dataSource: Awaited<ReturnType<typeof openDatabase>>;
let drop: () => Promise<void>;

function query<Row>(sql: string): Promise<Row[]> {
  return new UnitOfWork(dataSource).single((tx) => tx.query<Row>(sql));
}

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'integument-archive-'));
  const databases = await freshDatabases();
  drop = databases.drop;
  const key = join(base, 'key');
  writeFileSync(key, `${skey}\n`);
  env = { PLATFORM_DATABASE_URL: databases.platformUrl, API_AUDIT_KEY_FILE: key };
  const options = { url: databases.platformUrl, poolSize: 2, applicationName: 'test', migrations: [] };
  dataSource = await openDatabase(options);
  const unitOfWork = new UnitOfWork(dataSource);
  await unitOfWork.single((tx) =>
    tx.query(`INSERT INTO audit_staging (entry) SELECT '{}'::bytea FROM generate_series(1, 900)`),
  );
  const onError = (error: unknown) => expect(error).toBeUndefined();
  await new Integrator({ unitOfWork, signer: NoteSigner.parse(skey), onError }).integrate();
});
afterAll(async () => {
  await dataSource.destroy();
  await drop();
  rmSync(base, { recursive: true });
});

async function run(args: string[], settings = env) {
  let [out, error] = ['', ''];
  const status = await archiveCommand(args, {
    env: settings,
    out: (text) => (out += text),
    error: (text) => (error += text),
  });
  return { status, out, error };
}

describe('integument-audit-archive', () => {
  it('archives what is older, with the settings of the app, into one folder', async () => {
    const folder = join(base, 'api');
    const to = (before: string) => run(['--app', 'api', '--folder', folder, '--before', before]);
    expect(await to('300')).toEqual({
      status: 0,
      out: 'archived 256 entries, positions 0 to 255\n',
      error: '',
    });
    expect(await to('2020-01-01')).toMatchObject({ status: 0, out: 'nothing to archive\n' });
    const elsewhere = await run(['--app', 'api', '--folder', join(base, 'other'), '--before', '600']);
    expect(elsewhere).toMatchObject({ status: 1, out: '' });
    expect(elsewhere.error).toContain('the folder does not hold the archive of this log');
    const later = { status: 0, out: 'archived 512 entries, positions 256 to 767\n' };
    expect(await to('2999-12-31T00:00Z')).toMatchObject(later);
    expect(readdirSync(join(folder, 'tile/entries'))).toEqual(['000', '001', '002']);
  });

  describe('a reader that is no longer set up', () => {
    const forget = (name: string) => run(['--app', 'api', '--forget-follower', name]);
    const FORGOTTEN = `FROM audit_staging WHERE convert_from(entry, 'UTF8') LIKE '%audit.forget_follower%'`;

    it('is named where it holds the archive back, and forgotten when asked for, in an entry', async () => {
      await query(`INSERT INTO audit_follower (name, position) VALUES ('siem-syslog', 800)`);
      const args = ['--app', 'api', '--folder', join(base, 'api'), '--before', '900'];
      expect(await run(args)).toEqual({
        status: 0,
        out: 'nothing to archive; held back by the background reader siem-syslog, which has done with the first 800 entries only\n',
        error: '',
      });
      expect(await forget('siem-syslog')).toEqual({
        status: 0,
        out: 'forgot siem-syslog, which had done with the first 800 entries\n',
        error: '',
      });
      expect(await run(args)).toMatchObject({ status: 0, out: 'nothing to archive\n' });
      const [row] = await query<{ entry: string }>(
        `SELECT convert_from(entry, 'UTF8') AS entry ${FORGOTTEN}`,
      );
      expect(JSON.parse(row?.entry ?? '{}')).toMatchObject({
        action: 'audit.forget_follower',
        outcome: 'done',
        actor: { kind: 'process', id: 'audit-archive' },
        details: { follower: 'siem-syslog', position: 800 },
      });
    });

    it('stays where somebody works as it, where every app needs it, or where there is none', async () => {
      await query(`INSERT INTO audit_follower (name, position, holder, leased_until) VALUES
        ('siem-http', 10, gen_random_uuid(), now() + interval '10 s'),
        ('index', 0, NULL, NULL), ('alerts', 0, NULL, NULL)`);
      const before = await query(`SELECT * ${FORGOTTEN}`);
      for (const [name, reason] of [
        ['siem-http', 'somebody is at work'],
        ['index', 'every app runs'],
        ['alerts', 'every app runs'],
        ['siem-htt', 'no reader of the log has this name'],
      ] as const) {
        const { status, out, error } = await forget(name);
        expect({ status, out }).toEqual({ status: 1, out: '' });
        expect(error).toMatch(new RegExp(`^nothing was forgotten: ${reason}`));
      }
      expect(await query('SELECT name FROM audit_follower ORDER BY name')).toEqual(
        ['alerts', 'index', 'siem-http'].map((name) => ({ name })),
      );
      expect(await query(`SELECT * ${FORGOTTEN}`)).toEqual(before);
      // It may be waiting, after failures, to take its lease again.
      await query(`UPDATE audit_follower SET leased_until = now() - interval '1 minute'`);
      expect(await forget('siem-http')).toMatchObject({ status: 1 });
      await query(`UPDATE audit_follower SET leased_until = now() - interval '3 minutes'`);
      expect(await forget('siem-http')).toMatchObject({ status: 0 });
    });
  });

  it('names the settings that are wrong, and shows none', async () => {
    const args = ['--app', 'vault', '--folder', base, '--before', '600'];
    const { status, error } = await run(args, { VAULT_DATABASE_URL: 'postgres://vault:canary@127.0.0.1/v' });
    expect(status).toBe(1);
    expect(error).toContain('missing or wrong settings: VAULT_AUDIT_KEY_FILE');
    expect(error).not.toContain('canary');
  });

  it.each([
    ['no app', ['--folder', 'x', '--before', '1']],
    ['an unknown app', ['--app', 'web', '--folder', 'x', '--before', '1']],
    ['no folder', ['--app', 'api', '--before', '1']],
    ['no limit', ['--app', 'api', '--folder', 'x']],
    ['a time without a zone', ['--app', 'api', '--folder', 'x', '--before', '2026-01-31T12:00:00']],
    ['a day that is none', ['--app', 'api', '--folder', 'x', '--before', '2026-13-31']],
    ['a negative position', ['--app', 'api', '--folder', 'x', '--before', '-1']],
    ['a limit for what is to be forgotten', ['--app', 'api', '--forget-follower', 'x', '--before', '1']],
    ['nobody to forget', ['--app', 'api', '--forget-follower', '']],
    ['an unknown option', ['--app', 'api', '--folder', 'x', '--before', '1', '--force']],
  ])('does nothing with %s', async (_, args) => {
    const { status, out, error } = await run(args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(error).toContain('Usage');
  });
});
