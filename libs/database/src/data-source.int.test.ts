import { freshEmptyDatabase } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, openReaders } from './data-source.js';

// Days ahead of UTC for most of the day, and days behind it.
const ZONES = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];

let url: string;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ url, drop } = await freshEmptyDatabase());
});
afterAll(() => drop());

async function asked<Row>(opened: Promise<DataSource>, sql: string): Promise<Row[]> {
  const dataSource = await opened;
  try {
    return await dataSource.query<Row[]>(sql);
  } finally {
    await dataSource.destroy();
  }
}

const pool = () => ({ url, poolSize: 1, applicationName: 'zones' });
const open = () => openDatabase({ ...pool(), migrations: [] });
const TODAY = `SELECT current_setting('TimeZone') AS zone, current_date = (now() AT TIME ZONE 'UTC')::date AS "isOurs"`;

describe.each(ZONES)('a connection to a server in %s', (zone) => {
  beforeAll(async () => {
    const name = new URL(url).pathname.slice(1);
    await asked(open(), `ALTER DATABASE "${name}" SET TimeZone TO '${zone}'`);
  });

  it('has the day of UTC', async () => {
    expect(await asked(open(), TODAY)).toEqual([{ zone: 'UTC', isOurs: true }]);
  });

  it('has it where it only reads, which it then still does', async () => {
    const readers = () => openReaders(pool(), { statementMs: 5_000 });
    expect(await asked(readers(), TODAY)).toEqual([{ zone: 'UTC', isOurs: true }]);
    await expect(asked(readers(), 'CREATE TABLE made (id int)')).rejects.toThrow('read-only transaction');
  });
});
