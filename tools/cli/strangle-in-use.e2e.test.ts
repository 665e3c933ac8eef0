import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ended } from './cli.fixture.js';
import { REVEALING, ShopDatabase } from './strangle.fixture.js';

const shop = new ShopDatabase();
beforeAll(() => shop.open());
afterAll(() => shop.close());

const some = (text: string) => expect.stringContaining(text) as unknown;

describe('a table that is in use', () => {
  const count = 40_000;
  const name = randomBytes(4).toString('hex');
  const args = ['--column', 'mail=field:email', '--batch', '2000'];
  const done = async () => {
    const { rows } = await shop.target
      .query<{ looked: string }>(`SELECT looked FROM integument_strangle WHERE table_name = 'busy'`)
      .catch(() => ({ rows: [] as { looked: string }[] }));
    return Number(rows[0]?.looked ?? 0);
  };
  beforeAll(() =>
    shop.target.query(`CREATE TABLE busy AS SELECT n AS id, '${name}-' || n || '@example.org' AS mail
                    FROM generate_series(1, ${count}) AS n; ALTER TABLE busy ADD PRIMARY KEY (id)`),
  );

  it('has one token for each value, whenever the program was killed', async () => {
    const before = await shop.stored();
    let kills = 0;
    for (let at = 2_000; at < 36_000; at += 10_000) {
      const child = shop.start('busy', ...args);
      const end = ended(child);
      while ((await done()) < at && child.exitCode === null) await sleep(2);
      await sleep(Math.random() * 80);
      child.kill('SIGKILL');
      if ((await end).status === null) kills++;
    }
    expect(kills).toBe(4);
    const ran = await shop.strangle('busy', ...args);
    expect(ran).toMatchObject({
      status: 0,
      out: some(`${count} rows, ${count} tokens put, 0 there already`),
    });
    const rows = await shop.rowsOf('busy');
    expect(new Set(rows.map(({ mail }) => mail)).size).toBe(count);
    expect((await shop.stored()) - before).toBe(count);
    const verified = await shop.strangle('busy', ...args, '--verify', ...REVEALING);
    expect(verified.out).toContain(`${count} tokens revealed, 0 wrong`);
  });

  it('looks for new values when it is run again, and leaves tokens', async () => {
    await shop.target.query(`INSERT INTO busy VALUES (0, 'new@example.org')`);
    const ran = await shop.strangle('busy', ...args);
    expect(ran).toMatchObject({ status: 0, out: some(`1 tokens put, ${count} there already`) });
  });

  it('keeps what an application wrote while the vault was asked, and leaves no token for what it was', async () => {
    await shop.target.query(`CREATE TABLE racing (id int PRIMARY KEY, mail text)`);
    await shop.target.query(
      `INSERT INTO racing SELECT n, 'r-' || n || '@example.org' FROM generate_series(1, 40) AS n`,
    );
    const before = await shop.stored();
    const update = `UPDATE racing SET mail = 'written@example.org' WHERE id = 7`;
    const waiting = await shop.startBeside(update, 'racing', ...args);
    await waiting.applicationEnds('COMMIT');
    expect(await waiting.end).toMatchObject({
      status: 1,
      out: some('39 tokens put, 0 there already, 0 refused, 1 changed'),
    });
    expect((await shop.stored()) - before).toBe(39);
    expect(shop.leftOf('racing.mail.ndjson')).toEqual([
      { column: 'mail', key: { id: '7' }, code: 'row.changed' },
    ]);
    expect((await shop.rowsOf('racing'))[6]?.mail).toBe('written@example.org');
    expect((await shop.strangle('racing', ...args)).out).toContain('1 tokens put, 39 there already');
  });

  it('leaves rows that its constraints keep from having their token, and no other', async () => {
    await shop.target.query(
      `CREATE TABLE strict (id int PRIMARY KEY, mail text UNIQUE CHECK (id <> 5 OR mail LIKE '%@%'))`,
    );
    await shop.target.query(
      `INSERT INTO strict SELECT n, 's-' || n || '@example.org' FROM generate_series(1, 9) AS n`,
    );
    await shop.target.query(`INSERT INTO strict VALUES (10, 'S-9@example.org')`);
    const ran = await shop.strangle('strict', '--column', 'mail=field:email,type:deterministic');
    expect(ran).toMatchObject({
      status: 1,
      out: some('8 tokens put, 0 there already, 0 refused, 2 changed'),
    });
    expect(shop.leftOf('strict.mail.ndjson')).toEqual([
      { column: 'mail', key: { id: '5' }, code: 'row.constraint' },
      { column: 'mail', key: { id: '10' }, code: 'row.constraint' },
    ]);
  });
});

describe('a table that does things by itself', () => {
  beforeAll(() =>
    shop.target.query(`CREATE TABLE lively (id int PRIMARY KEY, mail text);
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
    const before = await shop.stored();
    const ran = await shop.strangle('lively', '--column', 'mail=field:email');
    expect([ran.status, ran.error]).toEqual([1, '']);
    expect(ran.out).toContain('5 tokens put, 0 there already, 0 refused, 4 changed');
    const codes = { 2: 'row.altered', 4: 'row.constraint', 6: 'row.constraint', 8: 'row.altered' };
    expect(shop.leftOf('lively.mail.ndjson')).toEqual(
      Object.entries(codes).map(([id, code]) => ({ column: 'mail', key: { id }, code })),
    );
    const rows = await shop.rowsOf('lively');
    for (const [at, { mail }] of rows.entries())
      expect(mail).toMatch(at % 2 === 0 || at === 9 ? /^tok_/ : `l-${at + 1}@example.org`);
    expect((await shop.stored()) - before).toBe(5);
  });
});

describe('a run that was killed before its tokens were put', () => {
  const args = ['--column', 'mail=field:email'];
  async function killed(table: string, ends: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    await shop.target.query(`CREATE TABLE ${table} (id int PRIMARY KEY, mail text)`);
    await shop.target.query(
      `INSERT INTO ${table} SELECT n, 'o-' || n || '@example.org' FROM generate_series(1, 20) AS n`,
    );
    const update = `UPDATE ${table} SET mail = 'other@example.org' WHERE id = 7`;
    const waiting = await shop.startBeside(update, table, ...args);
    waiting.child.kill('SIGKILL');
    await waiting.end;
    await waiting.applicationEnds(ends);
    await shop.untilNoRun();
  }

  it.each([
    ['other', 'COMMIT'],
    ['the same', 'ROLLBACK'],
  ] as const)('leaves none of them in the vault where values are %s then', async (_, ends) => {
    const [table, before] = [`orphans_${ends.toLowerCase()}`, await shop.stored()];
    await killed(table, ends);
    expect((await shop.stored()) - before).toBe(20);
    const ran = await shop.strangle(table, ...args);
    expect(ran).toMatchObject({ status: 0, error: '', out: some('20 tokens put') });
    expect((await shop.stored()) - before).toBe(20);
    const tokens = (await shop.rowsOf(table)).map(({ mail }) => mail);
    const told = await shop.reveal(tokens);
    const value = ends === 'COMMIT' ? 'other@example.org' : 'o-7@example.org';
    expect(told[6]).toEqual({ field: 'email', value });
    expect(told.filter((one) => 'code' in one)).toEqual([]);
  });

  it('goes on with the file that it was begun with, and after a day only where that is wanted', async () => {
    await killed('late', 'COMMIT');
    const other = await shop.cli.run(
      'strangle',
      '--table',
      'late',
      ...args,
      '--left',
      join(shop.folder, 'other'),
    );
    expect([other.status, other.error]).toEqual([2, some('begun with another --left')]);
    await shop.target.query(
      `UPDATE integument_strangle SET pending = '{}', sending = now() - interval '24 hours' WHERE table_name = 'late'`,
    );
    const ran = await shop.strangle('late', ...args);
    expect([ran.status, ran.error]).toEqual([3, some('--accept-repeat')]);
    expect(await shop.strangle('late', ...args, '--accept-repeat')).toMatchObject({ status: 0 });
  });
});
