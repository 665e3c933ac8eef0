import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REVEALING, ShopDatabase } from './strangle.fixture.js';

const shop = new ShopDatabase();
beforeAll(() => shop.open());
afterAll(() => shop.close());

const VERIFY = ['--verify', ...REVEALING];
const CARDS = ['4111111111111111', '5500005555555559', '340000000000009'];

describe('the verification of tokens that look like values', () => {
  it('finds them by their field and domain, and each that is none', async () => {
    await shop.target.query('CREATE TABLE cards (id int PRIMARY KEY, card text)');
    await shop.target.query('INSERT INTO cards SELECT n, ($1::text[])[n] FROM generate_series(1, 3) AS n', [
      CARDS,
    ]);
    const args = ['--column', 'card=field:card,type:format-preserving,domain:orders'];
    expect(await shop.strangle('cards', ...args, '--keep', 'old')).toMatchObject({ status: 0, error: '' });
    const good = await shop.strangle('cards', ...args, ...VERIFY);
    expect(good).toMatchObject({
      status: 0,
      error: '',
      out: 'card: 3 rows, 3 tokens revealed and compared with old, 0 wrong\n',
    });
    await shop.target.query(`UPDATE cards SET card = '4242424242424242' WHERE id = 2`);
    expect(await shop.strangle('cards', ...args, ...VERIFY)).toMatchObject({ status: 1 });
    expect(shop.leftOf('cards.card.verify.ndjson')).toEqual([
      { column: 'card', key: { id: '2' }, code: 'tokens.not_found' },
    ]);
  });

  const wish = ['--column', 'phone=field:terminal_phone,type:format-preserving,domain:orders'];

  it('counts apart what is told of any text, token or not, where no value was kept', async () => {
    await shop.target.query(`CREATE TABLE terminals (id int PRIMARY KEY, phone text);
      INSERT INTO terminals SELECT n, '+44207946001' || n FROM generate_series(0, 4) AS n`);
    expect(await shop.strangle('terminals', ...wish, '--keep', 'old')).toMatchObject({
      status: 0,
      error: '',
    });
    const good = await shop.strangle('terminals', ...wish, ...VERIFY);
    expect(good).toMatchObject({
      status: 0,
      error: '',
      out: 'phone: 5 rows, 5 tokens revealed and compared with old, 0 wrong, 0 tokens or values: nothing was kept of them\n',
    });
    // A value where a token was, one that came later, and a text that is neither.
    await shop.target.query(`UPDATE terminals SET phone = old WHERE id = 1;
      INSERT INTO terminals VALUES (5, '+442079460015'), (6, 'none')`);
    const bad = await shop.strangle('terminals', ...wish, ...VERIFY);
    expect([bad.status, bad.error]).toEqual([1, '']);
    expect(bad.out).toContain(
      '7 rows, 4 tokens revealed and compared with old, 2 wrong, 1 tokens or values: nothing was kept of them: ',
    );
    expect(shop.leftOf('terminals.phone.verify.ndjson')).toEqual([
      { column: 'phone', key: { id: '1' }, code: 'verify.differs' },
      { column: 'phone', key: { id: '5' }, code: 'verify.not_kept' },
      { column: 'phone', key: { id: '6' }, code: 'tokens.malformed' },
    ]);
  });

  it('says that it can’t tell where nothing was kept at all', async () => {
    await shop.target.query(`CREATE TABLE untold (id int PRIMARY KEY, phone text);
      INSERT INTO untold VALUES (1, '+442079460018')`);
    const ran = await shop.strangle('untold', ...wish, ...VERIFY);
    expect(ran).toMatchObject({
      status: 0,
      error: '',
      out: 'phone: 1 rows, 1 revealed, 0 wrong; tokens or values: nothing was kept that would tell\n',
    });
  });
});
