import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REVEALING, ShopDatabase } from './strangle.fixture.js';

const shop = new ShopDatabase();
beforeAll(() => shop.open());
afterAll(() => shop.close());

const some = (text: string) => expect.stringContaining(text) as unknown;

/** A table as shops have them: names that want quoting, a key of two columns, nulls, duplicates, and values that are none. */
async function customers(table: string): Promise<void> {
  await shop.target.query(`CREATE TABLE "${table}" (
    shop int, "No." text, "E-Mail" varchar(200), phone text UNIQUE, PRIMARY KEY (shop, "No."))`);
  await shop.target.query(
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
    const [rows, tokens] = [await shop.rowsOf('customers'), await shop.stored()];
    const ran = await shop.strangle('customers', ...columns, '--dry-run');
    expect(ran).toMatchObject({
      status: 1,
      error: '',
      out: some('E-Mail: 6 rows, 3 would get tokens, 0 have them, 1 catalogue.value_unfit'),
    });
    expect(ran.out).toContain('phone: 6 rows, 4 would get tokens, 0 have them, 1 catalogue.value_unfit');
    expect(await shop.rowsOf('customers')).toEqual(rows);
    expect(await shop.stored()).toBe(tokens);
    expect(shop.leftOf('customers.E-Mail.dry-run.ndjson')).toEqual([
      { column: 'E-Mail', key: { shop: '2', 'No.': "it's" }, code: 'catalogue.value_unfit' },
    ]);
    const { rows: tables } = await shop.target.query(
      "SELECT 1 FROM pg_class WHERE relname = 'integument_strangle'",
    );
    expect(tables).toEqual([]);
  });

  it('has tokens then where values were, keeps those before, and names what it has left', async () => {
    const before = await shop.rowsOf('customers');
    const ran = await shop.strangle('customers', ...columns, '--keep', 'E-Mail=old_mail', '--batch', '2');
    expect([ran.status, ran.error]).toEqual([1, '']);
    expect(ran.out).toBe(
      `E-Mail: 6 rows, 3 tokens put, 0 there already, 1 refused, 0 changed meanwhile: ${join(shop.folder, 'customers.E-Mail.ndjson')}\n` +
        `phone: 6 rows, 4 tokens put, 0 there already, 1 refused, 0 changed meanwhile: ${join(shop.folder, 'customers.phone.ndjson')}\n`,
    );
    const after = await shop.rowsOf('customers');
    const mails = after.map((row) => row['E-Mail']);
    expect(mails[0]).toMatch(/^tok_/);
    // However they are written: two of one value.
    expect(mails[1]).toBe(mails[0]);
    expect([mails[2], mails[3], mails[4]]).toEqual([null, '', 'no address']);
    expect(after.map((row) => row.old_mail)).toEqual([
      ...before.map((row) => row['E-Mail']).map((mail, at) => ([0, 1, 5].includes(at) ? mail : null)),
    ]);
    const tokens = [after[0]?.phone, after[2]?.phone];
    expect(await shop.reveal(tokens)).toEqual([
      { field: 'phone', value: '+442079460018' },
      { field: 'phone', value: '+442079460018' },
    ]);
    expect(shop.leftOf('customers.phone.ndjson')).toEqual([
      { column: 'phone', key: { shop: '10', 'No.': 'a' }, code: 'catalogue.value_unfit' },
    ]);
  });

  it('is verified, and a row that somebody tampered with is found', async () => {
    await shop.target.query(`UPDATE customers SET "E-Mail" = 'grace@example.org' WHERE "No." = 'it''s'`);
    expect((await shop.strangle('customers', ...columns)).out).toContain(
      'E-Mail: 6 rows, 1 tokens put, 3 there already',
    );
    const good = await shop.strangle(
      'customers',
      columns[0] ?? '',
      columns[1] ?? '',
      '--verify',
      ...REVEALING,
    );
    expect(good).toMatchObject({
      status: 0,
      error: '',
      out: some('4 tokens revealed and compared with old_mail, 0 wrong'),
    });

    const [one, other] = [`shop = 1 AND "No." = 'a'`, `shop = 10`];
    const token = (where: string) => `(SELECT "E-Mail" FROM customers WHERE ${where})`;
    await shop.target.query(`UPDATE customers SET "E-Mail" = ${token(other)} WHERE ${one}`);
    await shop.target.query(`UPDATE customers SET "E-Mail" = NULL WHERE shop = 1 AND "No." = 'b'`);
    await shop.target.query(
      `UPDATE customers SET "E-Mail" = 'new@example.org' WHERE shop = 2 AND "No." = 'a'`,
    );
    const bad = await shop.strangle(
      'customers',
      columns[0] ?? '',
      columns[1] ?? '',
      '--verify',
      ...REVEALING,
    );
    expect([bad.status, bad.out]).toEqual([1, some('3 wrong')]);
    expect(shop.leftOf('customers.E-Mail.verify.ndjson')).toEqual([
      { column: 'E-Mail', key: { shop: '1', 'No.': 'a' }, code: 'verify.differs' },
      { column: 'E-Mail', key: { shop: '1', 'No.': 'b' }, code: 'verify.lost' },
      { column: 'E-Mail', key: { shop: '2', 'No.': 'a' }, code: 'verify.no_token' },
    ]);
    expect(
      (await shop.strangle('customers', ...columns, '--verify', '--sample', '2', ...REVEALING)).out,
    ).toContain('2 rows');
  });

  it('loses the values before when that is asked for, and only then', async () => {
    expect((await shop.strangle('customers', '--drop-kept')).out).toBe('dropped: old_mail\n');
    expect(Object.keys((await shop.rowsOf('customers'))[0] ?? {})).toEqual([
      'shop',
      'No.',
      'E-Mail',
      'phone',
    ]);
    expect((await shop.strangle('customers', '--drop-kept')).out).toBe('nothing was kept\n');
  });
});

describe('tokens that look like values', () => {
  const args = ['--column', 'phone=field:terminal_phone,type:format-preserving'];
  const values = Array.from({ length: 10 }, (_, n) => `+44207946001${n}`);
  beforeAll(async () => {
    await shop.target.query('CREATE TABLE terminals (id int PRIMARY KEY, phone varchar(20))');
    await shop.target.query(
      'INSERT INTO terminals SELECT n, ($1::text[])[n] FROM generate_series(1, 10) AS n',
      [values],
    );
  });

  it('are put into columns as short as values, and into no row that was written meanwhile', async () => {
    const update = `UPDATE terminals SET phone = '+442079460099' WHERE id = 2`;
    const waiting = await shop.startBeside(update, 'terminals', ...args, '--batch', '3');
    // By an application that knows tokens: nothing tells that these are ones.
    await shop.target.query(`UPDATE terminals SET phone = '+442079460077' WHERE id = 8`);
    await shop.target.query(`INSERT INTO terminals VALUES (11, '+442079460066')`);
    await waiting.applicationEnds('COMMIT');
    expect(await waiting.end).toMatchObject({
      status: 1,
      error: '',
      out: some('11 rows, 8 tokens put, 0 there already, 2 refused, 1 changed'),
    });
    expect(shop.leftOf('terminals.phone.ndjson')).toEqual([
      { column: 'phone', key: { id: '2' }, code: 'row.changed' },
      { column: 'phone', key: { id: '8' }, code: 'row.written' },
      { column: 'phone', key: { id: '11' }, code: 'row.written' },
    ]);
    const rows = await shop.rowsOf('terminals');
    expect([rows[1]?.phone, rows[7]?.phone, rows[10]?.phone]).toEqual([
      '+442079460099',
      '+442079460077',
      '+442079460066',
    ]);
    const tokens = rows.filter((_, at) => ![1, 7, 10].includes(at)).map(({ phone }) => phone);
    expect(tokens.filter((token) => !token || values.includes(token))).toEqual([]);
    const told = await shop.reveal(tokens.map((token) => ({ token, field: 'terminal_phone' })));
    expect(told.map((one) => ('value' in one ? one.value : one))).toEqual(
      values.filter((_, at) => ![1, 7].includes(at)),
    );
  });

  it('are made of no token again: not by the same wish, and by no other', async () => {
    await shop.target.query('ALTER TABLE terminals ALTER phone TYPE text');
    const before = await shop.rowsOf('terminals');
    expect((await shop.strangle('terminals', ...args)).out).toContain('11 rows, 8 tokens put');
    for (const wish of [
      'field:terminal_phone,type:format-preserving,domain:orders',
      'field:loyalty_number',
      'field:phone',
    ]) {
      const ran = await shop.strangle('terminals', '--column', `phone=${wish}`, '--keep', 'old');
      expect([ran.status, ran.error]).toEqual([2, some('another field, type or domain')]);
    }
    expect(await shop.rowsOf('terminals')).toEqual(before);
  });
});
