import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { revealTokens } from '@integument/contracts';
import { platform } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../outside/ask.js';
import { Client } from '../outside/client.js';
import { CommandLine, ended, type Ran } from './cli.fixture.js';
import { TargetDatabase } from './strangle/target-database.js';

const info = platform();
const shop = new Client(info, 'brand-shop');
const folder = mkdtempSync(join(tmpdir(), 'integument-strangle-'));
const database = `shop_${randomBytes(5).toString('hex')}`;
const reason = { code: 'order', reference: 'ORDER-7' } as const;
const revealing = ['--purpose', 'delivery', '--reason', 'order:ORDER-7'];
const some = (text: string) => expect.stringContaining(text) as unknown;

const superuser = info.databases.platform.superuserUrl ?? '';
const url = Object.assign(new URL(superuser), { pathname: `/${database}` }).href;
const target = new pg.Client(url);
const vault = new pg.Client(info.databases.vault.url);
const cli = new CommandLine(info, { INTEGUMENT_TARGET_DATABASE_URL: url });

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(superuser);
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${database}`);
  await target.connect();
  await vault.connect();
});
afterAll(async () => {
  await target.end();
  await vault.end();
  await onServer(`DROP DATABASE ${database} WITH (FORCE)`);
  rmSync(folder, { recursive: true });
});

const stored = async () =>
  Number((await vault.query<{ n: string }>('SELECT count(*) AS n FROM token')).rows[0]?.n);
type Row = Record<string, string | null>;
const rowsOf = async (table: string) =>
  (await target.query<Row>(`SELECT * FROM ${table} ORDER BY 1, 2`)).rows;
const leftOf = (name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);

function strangle(table: string, ...args: string[]): Promise<Ran> {
  return cli.run('strangle', '--table', table, '--left', join(folder, table), ...args);
}

/** A table as shops have them: names that want quoting, a key of two columns, nulls, duplicates, and values that are none. */
async function customers(table: string): Promise<void> {
  await target.query(`CREATE TABLE "${table}" (
    shop int, "No." text, "E-Mail" varchar(200), phone text UNIQUE, PRIMARY KEY (shop, "No."))`);
  await target.query(
    `INSERT INTO "${table}" VALUES
      (1, 'a', 'Ada@example.org', '+44 20 7946 0018'), (1, 'b', 'ada@EXAMPLE.org', NULL), (1, 'c', NULL, '+442079460018'),
      (2, 'a', '', '+442079460019'), (2, 'it''s', 'no address', '+442079460020'), (10, 'a', $1, 'none')`,
    [`${'x'.repeat(150)}@example.org`],
  );
}

describe('a table of customers', () => {
  const columns = ['--column', 'E-Mail=field:email,type:deterministic', '--column', 'phone=field:phone'];
  beforeAll(() => customers('customers'));

  it('stays as it is in a dry run, and so does the vault', async () => {
    const [rows, tokens] = [await rowsOf('customers'), await stored()];
    const ran = await strangle('customers', ...columns, '--dry-run');
    expect(ran).toMatchObject({
      status: 1,
      error: '',
      out: some('E-Mail: 6 rows, 3 would get tokens, 0 have them, 1 catalogue.value_unfit'),
    });
    expect(ran.out).toContain('phone: 6 rows, 4 would get tokens, 0 have them, 1 catalogue.value_unfit');
    expect(await rowsOf('customers')).toEqual(rows);
    expect(await stored()).toBe(tokens);
    expect(leftOf('customers.E-Mail.dry-run.ndjson')).toEqual([
      { column: 'E-Mail', key: { shop: '2', 'No.': "it's" }, code: 'catalogue.value_unfit' },
    ]);
    const { rows: tables } = await target.query(
      "SELECT 1 FROM pg_class WHERE relname = 'integument_strangle'",
    );
    expect(tables).toEqual([]);
  });

  it('has tokens then where values were, keeps those before, and names what it has left', async () => {
    const before = await rowsOf('customers');
    const ran = await strangle('customers', ...columns, '--keep', 'E-Mail=old_mail', '--batch', '2');
    expect([ran.status, ran.error]).toEqual([1, '']);
    expect(ran.out).toBe(
      `E-Mail: 6 rows, 3 tokens put, 0 there already, 1 refused, 0 changed meanwhile: ${join(folder, 'customers.E-Mail.ndjson')}\n` +
        `phone: 6 rows, 4 tokens put, 0 there already, 1 refused, 0 changed meanwhile: ${join(folder, 'customers.phone.ndjson')}\n`,
    );
    const after = await rowsOf('customers');
    const mails = after.map((row) => row['E-Mail']);
    expect(mails[0]).toMatch(/^tok_/);
    // However they are written: two of one value.
    expect(mails[1]).toBe(mails[0]);
    expect([mails[2], mails[3], mails[4]]).toEqual([null, '', 'no address']);
    expect(after.map((row) => row.old_mail)).toEqual([
      ...before.map((row) => row['E-Mail']).map((mail, at) => ([0, 1, 5].includes(at) ? mail : null)),
    ]);
    const tokens = [after[0]?.phone, after[2]?.phone];
    const told = await ask(shop, info.urls.vault, revealTokens, {
      body: { tokens, purpose: 'delivery', reason },
    });
    expect(told.results).toEqual([
      { field: 'phone', value: '+442079460018' },
      { field: 'phone', value: '+442079460018' },
    ]);
    expect(leftOf('customers.phone.ndjson')).toEqual([
      { column: 'phone', key: { shop: '10', 'No.': 'a' }, code: 'catalogue.value_unfit' },
    ]);
  });

  it('is verified, and a row that somebody tampered with is found', async () => {
    await target.query(`UPDATE customers SET "E-Mail" = 'grace@example.org' WHERE "No." = 'it''s'`);
    expect((await strangle('customers', ...columns)).out).toContain(
      'E-Mail: 6 rows, 1 tokens put, 3 there already',
    );
    const good = await strangle('customers', columns[0] ?? '', columns[1] ?? '', '--verify', ...revealing);
    expect(good).toMatchObject({
      status: 0,
      error: '',
      out: some('4 tokens revealed and compared with old_mail, 0 wrong'),
    });

    const [one, other] = [`shop = 1 AND "No." = 'a'`, `shop = 10`];
    const token = (where: string) => `(SELECT "E-Mail" FROM customers WHERE ${where})`;
    await target.query(`UPDATE customers SET "E-Mail" = ${token(other)} WHERE ${one}`);
    await target.query(`UPDATE customers SET "E-Mail" = NULL WHERE shop = 1 AND "No." = 'b'`);
    await target.query(`UPDATE customers SET "E-Mail" = 'new@example.org' WHERE shop = 2 AND "No." = 'a'`);
    const bad = await strangle('customers', columns[0] ?? '', columns[1] ?? '', '--verify', ...revealing);
    expect([bad.status, bad.out]).toEqual([1, some('3 wrong')]);
    expect(leftOf('customers.E-Mail.verify.ndjson')).toEqual([
      { column: 'E-Mail', key: { shop: '1', 'No.': 'a' }, code: 'verify.differs' },
      { column: 'E-Mail', key: { shop: '1', 'No.': 'b' }, code: 'verify.lost' },
      { column: 'E-Mail', key: { shop: '2', 'No.': 'a' }, code: 'verify.no_token' },
    ]);
    expect(
      (await strangle('customers', ...columns, '--verify', '--sample', '2', ...revealing)).out,
    ).toContain('2 rows');
  });

  it('loses the values before when that is asked for, and only then', async () => {
    expect((await strangle('customers', '--drop-kept')).out).toBe('dropped: old_mail\n');
    expect(Object.keys((await rowsOf('customers'))[0] ?? {})).toEqual(['shop', 'No.', 'E-Mail', 'phone']);
    expect((await strangle('customers', '--drop-kept')).out).toBe('nothing was kept\n');
  });
});

describe('a table that is in use', () => {
  const count = 40_000;
  const name = randomBytes(4).toString('hex');
  const args = ['--column', 'mail=field:email', '--batch', '2000'];
  const done = async () => {
    const { rows } = await target
      .query<{ looked: string }>(`SELECT looked FROM integument_strangle WHERE table_name = 'busy'`)
      .catch(() => ({ rows: [] as { looked: string }[] }));
    return Number(rows[0]?.looked ?? 0);
  };
  beforeAll(() =>
    target.query(`CREATE TABLE busy AS SELECT n AS id, '${name}-' || n || '@example.org' AS mail
                    FROM generate_series(1, ${count}) AS n; ALTER TABLE busy ADD PRIMARY KEY (id)`),
  );

  it('has one token for each value, whenever the program was killed', async () => {
    const before = await stored();
    let kills = 0;
    for (let at = 2_000; at < 36_000; at += 10_000) {
      const child = cli.start('strangle', '--table', 'busy', '--left', join(folder, 'busy'), ...args);
      const end = ended(child);
      while ((await done()) < at && child.exitCode === null) await sleep(2);
      await sleep(Math.random() * 80);
      child.kill('SIGKILL');
      if ((await end).status === null) kills++;
    }
    expect(kills).toBe(4);
    const ran = await strangle('busy', ...args);
    expect(ran).toMatchObject({
      status: 0,
      out: some(`${count} rows, ${count} tokens put, 0 there already`),
    });
    const rows = await rowsOf('busy');
    expect(new Set(rows.map(({ mail }) => mail)).size).toBe(count);
    expect((await stored()) - before).toBe(count);
    const verified = await strangle('busy', ...args, '--verify', ...revealing);
    expect(verified.out).toContain(`${count} tokens revealed, 0 wrong`);
  });

  it('looks for new values when it is run again, and leaves tokens', async () => {
    await target.query(`INSERT INTO busy VALUES (0, 'new@example.org')`);
    const ran = await strangle('busy', ...args);
    expect(ran).toMatchObject({ status: 0, out: some(`1 tokens put, ${count} there already`) });
  });

  it('keeps what an application wrote while the vault was asked, and leaves no token for what it was', async () => {
    await target.query(`CREATE TABLE racing (id int PRIMARY KEY, mail text)`);
    await target.query(
      `INSERT INTO racing SELECT n, 'r-' || n || '@example.org' FROM generate_series(1, 40) AS n`,
    );
    const before = await stored();
    // Not committed yet: the program reads what was, and then waits for the row.
    const application = new pg.Client(url);
    await application.connect();
    await application.query(`BEGIN; UPDATE racing SET mail = 'written@example.org' WHERE id = 7`);
    const child = cli.start('strangle', '--table', 'racing', '--left', join(folder, 'racing'), ...args);
    const end = ended(child);
    const waits = `SELECT 1 FROM pg_stat_activity
                    WHERE application_name = 'integument-strangle' AND wait_event_type = 'Lock'`;
    while ((await target.query(waits)).rows.length === 0) await sleep(10);
    await application.query('COMMIT');
    await application.end();
    expect(await end).toMatchObject({
      status: 1,
      out: some('39 tokens put, 0 there already, 0 refused, 1 changed'),
    });
    expect((await stored()) - before).toBe(39);
    expect(leftOf('racing.mail.ndjson')).toEqual([{ column: 'mail', key: { id: '7' }, code: 'row.changed' }]);
    expect((await rowsOf('racing'))[6]?.mail).toBe('written@example.org');
    expect((await strangle('racing', ...args)).out).toContain('1 tokens put, 39 there already');
  });

  it('leaves rows that its constraints keep from having their token, and no other', async () => {
    await target.query(
      `CREATE TABLE strict (id int PRIMARY KEY, mail text UNIQUE CHECK (id <> 5 OR mail LIKE '%@%'))`,
    );
    await target.query(
      `INSERT INTO strict SELECT n, 's-' || n || '@example.org' FROM generate_series(1, 9) AS n`,
    );
    await target.query(`INSERT INTO strict VALUES (10, 'S-9@example.org')`);
    const ran = await strangle('strict', '--column', 'mail=field:email,type:deterministic');
    expect(ran).toMatchObject({
      status: 1,
      out: some('8 tokens put, 0 there already, 0 refused, 2 changed'),
    });
    expect(leftOf('strict.mail.ndjson')).toEqual([
      { column: 'mail', key: { id: '5' }, code: 'row.constraint' },
      { column: 'mail', key: { id: '10' }, code: 'row.constraint' },
    ]);
  });
});

describe('a table that does things by itself', () => {
  beforeAll(() =>
    target.query(`CREATE TABLE lively (id int PRIMARY KEY, mail text);
      INSERT INTO lively SELECT n, 'l-' || n || '@example.org' FROM generate_series(1, 9) AS n;
      CREATE FUNCTION lively_alters() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = 2 THEN NEW.mail := upper(NEW.mail); END IF;
        IF NEW.id = 4 THEN RAISE EXCEPTION 'canary'; END IF;
        RETURN NEW; END $$;
      CREATE FUNCTION lively_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = 6 THEN RAISE EXCEPTION 'canary'; END IF;
        IF NEW.id = 8 AND NEW.mail LIKE 'tok%' THEN UPDATE lively SET mail = 'restored' WHERE id = 8; END IF;
        RETURN NULL; END $$;
      CREATE TRIGGER alters BEFORE UPDATE ON lively FOR EACH ROW EXECUTE FUNCTION lively_alters();
      CREATE CONSTRAINT TRIGGER refuses AFTER UPDATE ON lively DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION lively_refuses()`),
  );

  it('keeps the rows whose tokens it would change or refuse, and no other', async () => {
    const before = await stored();
    const ran = await strangle('lively', '--column', 'mail=field:email');
    expect([ran.status, ran.error]).toEqual([1, '']);
    expect(ran.out).toContain('5 tokens put, 0 there already, 0 refused, 4 changed');
    const codes = { 2: 'row.altered', 4: 'row.constraint', 6: 'row.constraint', 8: 'row.altered' };
    expect(leftOf('lively.mail.ndjson')).toEqual(
      Object.entries(codes).map(([id, code]) => ({ column: 'mail', key: { id }, code })),
    );
    const rows = await rowsOf('lively');
    for (const [at, { mail }] of rows.entries())
      expect(mail).toMatch(at % 2 === 0 || at === 9 ? /^tok_/ : `l-${at + 1}@example.org`);
    expect((await stored()) - before).toBe(5);
  });
});

describe('tokens that look like values', () => {
  const args = ['--column', 'phone=field:terminal_phone,type:format-preserving'];
  const values = Array.from({ length: 10 }, (_, n) => `+44207946001${n}`);
  beforeAll(async () => {
    await target.query('CREATE TABLE terminals (id int PRIMARY KEY, phone varchar(20))');
    await target.query('INSERT INTO terminals SELECT n, ($1::text[])[n] FROM generate_series(1, 10) AS n', [
      values,
    ]);
  });

  it('are put into columns as short as values, and into no row that was written meanwhile', async () => {
    const application = new pg.Client(url);
    await application.connect();
    await application.query(`BEGIN; UPDATE terminals SET phone = '+442079460099' WHERE id = 2`);
    const child = cli.start(
      ...['strangle', '--table', 'terminals', '--left', join(folder, 'terminals'), ...args, '--batch', '3'],
    );
    const end = ended(child);
    const waits = `SELECT 1 FROM pg_stat_activity
                    WHERE application_name = 'integument-strangle' AND wait_event_type = 'Lock'`;
    while ((await target.query(waits)).rows.length === 0 && child.exitCode === null) await sleep(10);
    // By an application that knows tokens: nothing tells that these are ones.
    await target.query(`UPDATE terminals SET phone = '+442079460077' WHERE id = 8`);
    await target.query(`INSERT INTO terminals VALUES (11, '+442079460066')`);
    await application.query('COMMIT');
    await application.end();
    expect(await end).toMatchObject({
      status: 1,
      error: '',
      out: some('11 rows, 8 tokens put, 0 there already, 2 refused, 1 changed'),
    });
    expect(leftOf('terminals.phone.ndjson')).toEqual([
      { column: 'phone', key: { id: '2' }, code: 'row.changed' },
      { column: 'phone', key: { id: '8' }, code: 'row.written' },
      { column: 'phone', key: { id: '11' }, code: 'row.written' },
    ]);
    const rows = await rowsOf('terminals');
    expect([rows[1]?.phone, rows[7]?.phone, rows[10]?.phone]).toEqual([
      '+442079460099',
      '+442079460077',
      '+442079460066',
    ]);
    const tokens = rows.filter((_, at) => ![1, 7, 10].includes(at)).map(({ phone }) => phone);
    expect(tokens.filter((token) => !token || values.includes(token))).toEqual([]);
    const body = {
      ...{ tokens: tokens.map((one) => ({ token: one, field: 'terminal_phone' })), reason },
      purpose: 'delivery',
    };
    const told = await ask(shop, info.urls.vault, revealTokens, { body: body as never });
    expect(told.results.map((one) => ('value' in one ? one.value : one))).toEqual(
      values.filter((_, at) => ![1, 7].includes(at)),
    );
  });

  it('are made of no token again: not by the same wish, and by no other', async () => {
    await target.query('ALTER TABLE terminals ALTER phone TYPE text');
    const before = await rowsOf('terminals');
    expect((await strangle('terminals', ...args)).out).toContain('11 rows, 8 tokens put');
    for (const wish of [
      'field:terminal_phone,type:format-preserving,domain:orders',
      'field:loyalty_number',
      'field:phone',
    ]) {
      const ran = await strangle('terminals', '--column', `phone=${wish}`, '--keep', 'old');
      expect([ran.status, ran.error]).toEqual([2, some('another field, type or domain')]);
    }
    expect(await rowsOf('terminals')).toEqual(before);
  });
});

describe('a run that was killed before its tokens were put', () => {
  const args = ['--column', 'mail=field:email'];
  async function killed(table: string, ends: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await target.query(`CREATE TABLE ${table} (id int PRIMARY KEY, mail text)`);
    await target.query(
      `INSERT INTO ${table} SELECT n, 'o-' || n || '@example.org' FROM generate_series(1, 20) AS n`,
    );
    const application = new pg.Client(url);
    await application.connect();
    await application.query(`BEGIN; UPDATE ${table} SET mail = 'other@example.org' WHERE id = 7`);
    const child = cli.start('strangle', '--table', table, '--left', join(folder, table), ...args);
    const end = ended(child);
    const waits = `SELECT 1 FROM pg_stat_activity
                    WHERE application_name = 'integument-strangle' AND wait_event_type = 'Lock'`;
    while ((await target.query(waits)).rows.length === 0 && child.exitCode === null) await sleep(10);
    child.kill('SIGKILL');
    await end;
    await application.query(ends);
    await application.end();
    const held = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'integument-strangle'`;
    while ((await target.query(held)).rows.length > 0) await sleep(10);
  }

  it.each([
    ['other', 'COMMIT'],
    ['the same', 'ROLLBACK'],
  ] as const)('leaves none of them in the vault where values are %s then', async (_, ends) => {
    const [table, before] = [`orphans_${ends.toLowerCase()}`, await stored()];
    await killed(table, ends);
    expect((await stored()) - before).toBe(20);
    const ran = await strangle(table, ...args);
    expect(ran).toMatchObject({ status: 0, error: '', out: some('20 tokens put') });
    expect((await stored()) - before).toBe(20);
    const tokens = (await rowsOf(table)).map(({ mail }) => mail);
    const told = await ask(shop, info.urls.vault, revealTokens, {
      body: { tokens, purpose: 'delivery', reason } as never,
    });
    const value = ends === 'COMMIT' ? 'other@example.org' : 'o-7@example.org';
    expect(told.results[6]).toEqual({ field: 'email', value });
    expect(told.results.filter((one) => 'code' in one)).toEqual([]);
  });

  it('goes on with the file that it was begun with, and after a day only where that is wanted', async () => {
    await killed('late', 'COMMIT');
    const other = await cli.run('strangle', '--table', 'late', ...args, '--left', join(folder, 'other'));
    expect([other.status, other.error]).toEqual([2, some('begun with another --left')]);
    await target.query(
      `UPDATE integument_strangle SET pending = '{}', sending = now() - interval '24 hours' WHERE table_name = 'late'`,
    );
    const ran = await strangle('late', ...args);
    expect([ran.status, ran.error]).toEqual([3, some('--accept-repeat')]);
    expect(await strangle('late', ...args, '--accept-repeat')).toMatchObject({ status: 0 });
  });
});

describe('the connection', () => {
  const environment = (more: string) => ({ INTEGUMENT_TARGET_DATABASE_URL: `${url}${more}` });

  it('can’t write where it shall not, and waits for no lock forever, whatever the URL says', async () => {
    const database = await TargetDatabase.connect(
      environment('?options=-c%20default_transaction_read_only%3Doff%20-c%20lock_timeout%3D0'),
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
    await target.query(`CREATE ROLE ${role} LOGIN PASSWORD 'hidden';
      CREATE TABLE hiding (id int PRIMARY KEY, mail text); INSERT INTO hiding VALUES (1, 'h@example.org');
      ALTER TABLE hiding ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON hiding USING (false);
      GRANT SELECT, UPDATE ON hiding TO ${role}`);
    const own = Object.assign(new URL(url), { username: role, password: 'hidden' }).href;
    const ran = await new CommandLine(info, { INTEGUMENT_TARGET_DATABASE_URL: own }).run(
      ...['strangle', '--table', 'hiding', '--column', 'mail=field:email', '--dry-run'],
      ...['--left', join(folder, 'hiding')],
    );
    await target.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    expect([ran.status, ran.error]).toEqual([3, some('the target database says 42501')]);
  });
});

describe('what can’t be done', () => {
  beforeAll(() =>
    target.query(`CREATE TYPE text_kind AS ENUM ('a');
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
    const before = await rowsOf('odd');
    const ran = await cli.run(
      'strangle',
      '--table',
      table,
      '--column',
      column,
      '--left',
      join(folder, 'odd'),
    );
    expect([ran.status, ran.error]).toEqual([2, some(why)]);
    expect(await rowsOf('odd')).toEqual(before);
  });

  it('stops before the first row where the vault has no such field or domain', async () => {
    for (const wish of [
      'field:shoe_size',
      'field:email,domain:nobodys',
      'field:email,type:format-preserving',
    ]) {
      for (const dry of [[], ['--dry-run']]) {
        const ran = await strangle('odd', '--column', `mail=${wish}`, ...dry);
        expect([ran.status, ran.error]).toEqual([3, some('the vault makes no such tokens of the field')]);
      }
      await target.query(`DELETE FROM integument_strangle WHERE table_name = 'odd'`);
      rmSync(join(folder, 'odd.mail.ndjson'));
    }
    expect(await rowsOf('odd')).toMatchObject([{ mail: 'odd@example.org' }]);
  });

  it('keeps nothing under a name that is taken, or is no name', async () => {
    for (const keep of ['number', 'x"y', 'Old']) {
      const ran = await strangle('odd', '--column', 'mail=field:email', '--keep', keep);
      expect([ran.status, ran.error]).toEqual([2, expect.stringMatching(/already|made of a-z/) as unknown]);
    }
  });

  it('says of a database no more than its code', async () => {
    const wrong = new CommandLine(info, {
      INTEGUMENT_TARGET_DATABASE_URL: url.replace(/:[^:@]+@/, ':canary@'),
    });
    const ran = await wrong.run('strangle', '--table', 'odd', '--column', 'mail=field:email');
    expect(ran).toMatchObject({ status: 3, out: '', error: 'integument: the target database says 28P01\n' });
  });
});
