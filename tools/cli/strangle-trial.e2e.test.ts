import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { forgetData } from '../run/data-folder.js';
import { type Platform, startPlatform } from '../run/platform.js';
import { ShopDatabase } from './strangle.fixture.js';

const phone = { kind: 'phone', sensitivity: 'indirect', mask: 'last:2' };
/** Fields that have some types of tokens and not others. */
const CATALOGUE = {
  fields: {
    terminal: { ...phone, tokens: ['format-preserving'], erasable: false },
    till: { ...phone, tokens: ['format-preserving'] },
    line: { ...phone, tokens: ['deterministic'] },
    desk: phone,
  },
};

const GOOD = Array.from({ length: 30 }, (_, n) => `+4420794601${10 + n}`);
/** A number of the Faroe Islands: 100,000 could stand for it, too few to encrypt it among. */
const SHORT = '+298201234';
/** More than the vault names at once. */
const UNFIT = Array.from({ length: 45 }, (_, n) => `none ${n}`);

/** Against a vault of its own, started with these fields. */
describe('a dry run, whatever the types of the field', () => {
  const folder = mkdtempSync(join(tmpdir(), 'integument-trial-'));
  let platform: Platform;
  let shop: ShopDatabase;
  beforeAll(async () => {
    writeFileSync(join(folder, 'catalogue.json'), JSON.stringify(CATALOGUE));
    vi.stubEnv('VAULT_CATALOGUE_FILE', join(folder, 'catalogue.json'));
    platform = await startPlatform({
      dataFolder: join(folder, 'data'),
      ports: 'free',
      durable: true,
      quiet: true,
      only: ['vault-postgres', 'provider', 'vault'],
    });
    shop = new ShopDatabase(platform.info);
    await shop.open();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await shop?.close();
    await platform?.stop();
    forgetData(join(folder, 'data'));
    rmSync(folder, { recursive: true });
  });

  /** @returns what both left, with the name of the file away */
  async function dryAndThenInEarnest(table: string, wish: string) {
    await shop.target.query(`CREATE TABLE ${table} (id int PRIMARY KEY, phone text)`);
    await shop.target.query(
      `INSERT INTO ${table} SELECT n, ($1::text[])[n] FROM generate_series(1, cardinality($1::text[])) AS n`,
      [[...GOOD, SHORT, ...UNFIT]],
    );
    const [rows, stored] = [await shop.rowsOf(table), await shop.stored()];
    const args = ['--column', `phone=${wish}`, '--batch', '70'];
    const dry = await shop.strangle(table, ...args, '--dry-run');
    expect([dry.error, dry.status]).toEqual(['', 1]);
    expect(await shop.rowsOf(table)).toEqual(rows);
    expect(await shop.stored()).toBe(stored);
    const run = await shop.strangle(table, ...args);
    expect([run.error, run.status]).toEqual(['', 1]);
    return {
      dry: dry.out.replace(`: ${join(shop.folder, table)}.phone.dry-run.ndjson`, ''),
      run: run.out.replace(/ refused, .*\n/, ' refused'),
      foretold: shop.leftOf(`${table}.phone.dry-run.ndjson`),
      left: shop.leftOf(`${table}.phone.ndjson`),
    };
  }

  it('asks for the tokens themselves where nothing is kept of them, and so hears all that the run will', async () => {
    const { dry, run, foretold, left } = await dryAndThenInEarnest(
      'terminals',
      'field:terminal,type:format-preserving',
    );
    expect(dry).toBe(
      'phone: 76 rows, 30 would get tokens, 0 have them, 1 catalogue.too_few_tokens, 45 catalogue.value_unfit\n',
    );
    expect(run).toBe('phone: 76 rows, 30 tokens put, 0 there already, 46 refused');
    expect(foretold).toEqual(left);
  });

  const unheard =
    'phone: values of which their format has too few tokens, or no other left, show in the run alone\n';

  it.each([
    ['types that are kept', 'tills', 'field:till,type:format-preserving', unheard],
    ['deterministic ones alone', 'lines', 'field:line,type:deterministic', ''],
    ['random ones, too', 'desks', 'field:desk,type:format-preserving', unheard],
  ])('names all values that can’t be, of a field with %s', async (_, table, wish, more) => {
    const { dry, run, foretold, left } = await dryAndThenInEarnest(table, wish);
    expect(dry).toBe(`phone: 76 rows, 31 would get tokens, 0 have them, 45 catalogue.value_unfit\n${more}`);
    expect(run).toBe('phone: 76 rows, 31 tokens put, 0 there already, 45 refused');
    expect(foretold).toEqual(left);
  });
});
