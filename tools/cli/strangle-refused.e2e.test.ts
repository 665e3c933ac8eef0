import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TargetDatabase } from './strangle/target-database.js';
import { ShopDatabase } from './strangle.fixture.js';

const shop = new ShopDatabase();
beforeAll(() => shop.open());
afterAll(() => shop.close());

const some = (text: string) => expect.stringContaining(text) as unknown;

describe('the connection', () => {
  it('can’t write where it shall not, and waits for no lock forever, whatever the URL says', async () => {
    const loose = '?options=-c%20default_transaction_read_only%3Doff%20-c%20lock_timeout%3D0';
    const database = await TargetDatabase.connect(
      { INTEGUMENT_TARGET_DATABASE_URL: `${shop.url}${loose}` },
      true,
    );
    try {
      expect(await database.query('SHOW lock_timeout')).toEqual([{ lock_timeout: '10s' }]);
      await expect(database.query('CREATE TABLE never (id int)')).rejects.toThrow('25006');
    } finally {
      await database.close();
    }
  });

  it('stops where a policy hides rows', async () => {
    const role = `hidden_${randomBytes(5).toString('hex')}`;
    await shop.target.query(`CREATE ROLE ${role} LOGIN PASSWORD 'hidden';
      CREATE TABLE hiding (id int PRIMARY KEY, mail text); INSERT INTO hiding VALUES (1, 'h@example.org');
      ALTER TABLE hiding ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON hiding USING (false);
      GRANT SELECT, UPDATE ON hiding TO ${role}`);
    const own = Object.assign(new URL(shop.url), { username: role, password: 'hidden' }).href;
    const ran = await shop
      .cliAt(own)
      .run(
        ...['strangle', '--table', 'hiding', '--column', 'mail=field:email', '--dry-run'],
        ...['--left', join(shop.folder, 'hiding')],
      );
    await shop.target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    expect([ran.status, ran.error]).toEqual([3, some('the target database says 42501')]);
  });
});

describe('what can’t be done', () => {
  beforeAll(() =>
    shop.target.query(`CREATE TYPE text_kind AS ENUM ('a');
      CREATE TABLE odd (id int PRIMARY KEY, short varchar(20), number int, mail text, kind text_kind, list text[]);
      CREATE TABLE keyless (mail text); CREATE VIEW seen AS SELECT * FROM odd;
      INSERT INTO odd VALUES (1, 'x', 1, 'odd@example.org')`),
  );
  it.each([
    ['a table that there isn’t', 'none', 'mail=field:email', 'names no table'],
    ['a table that is SQL', 'odd; DROP TABLE odd', 'mail=field:email', 'names no table'],
    ['a view', 'seen', 'mail=field:email', 'names no table'],
    ['a table without a key', 'keyless', 'mail=field:email', 'no primary key'],
    ['a column that there isn’t', 'odd', 'x" text; --=field:email', 'has no column'],
    ['a short column', 'odd', 'short=field:email', 'too short'],
    ['a list', 'odd', 'list=field:email', 'is text[]'],
    ['an enumeration', 'odd', 'kind=field:email', 'is text_kind'],
    ['a number', 'odd', 'number=field:email', 'is integer'],
    ['the key', 'odd', 'id=field:email', 'is integer'],
    ['no type', 'odd', 'mail=field:email,type:magic', 'type: is one of'],
  ])('%s is refused', async (_, table, column, why) => {
    const before = await shop.rowsOf('odd');
    const ran = await shop.cli.run(
      'strangle',
      '--table',
      table,
      '--column',
      column,
      '--left',
      join(shop.folder, 'odd'),
    );
    expect([ran.status, ran.error]).toEqual([2, some(why)]);
    expect(await shop.rowsOf('odd')).toEqual(before);
  });

  it('stops before the first row where the vault has no such field or domain', async () => {
    for (const wish of [
      'field:shoe_size',
      'field:email,domain:nobodys',
      'field:email,type:format-preserving',
    ]) {
      for (const dry of [[], ['--dry-run']]) {
        const ran = await shop.strangle('odd', '--column', `mail=${wish}`, ...dry);
        expect([ran.status, ran.error]).toEqual([3, some('the vault makes no such tokens of the field')]);
      }
      await shop.target.query(`DELETE FROM integument_strangle WHERE table_name = 'odd'`);
      rmSync(join(shop.folder, 'odd.mail.ndjson'));
    }
    expect(await shop.rowsOf('odd')).toMatchObject([{ mail: 'odd@example.org' }]);
  });

  it('keeps nothing under a name that is taken, or is no name', async () => {
    for (const keep of ['number', 'x"y', 'Old']) {
      const ran = await shop.strangle('odd', '--column', 'mail=field:email', '--keep', keep);
      expect([ran.status, ran.error]).toEqual([2, expect.stringMatching(/already|made of a-z/) as unknown]);
    }
  });

  it('says of a database no more than its code', async () => {
    const wrong = shop.cliAt(shop.url.replace(/:[^:@]+@/, ':canary@'));
    const ran = await wrong.run('strangle', '--table', 'odd', '--column', 'mail=field:email');
    expect(ran).toMatchObject({ status: 3, out: '', error: 'integument: the target database says 28P01\n' });
  });
});
