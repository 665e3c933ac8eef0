import { freshEmptyDatabase } from '@integument/testing';
import type { MigrationInterface } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, openDatabase } from './data-source.js';
import { migration } from './migration.js';

type Migrations = (new () => MigrationInterface)[];
let url: string;
let drop: () => Promise<void>;
beforeEach(async () => {
  ({ url, drop } = await freshEmptyDatabase());
});
afterEach(() => drop());

/** Opens the database with these migrations, runs what is missing, and looks. */
async function after(
  migrations: Migrations,
  look = 'SELECT name FROM migration ORDER BY id',
): Promise<unknown[]> {
  const dataSource = await openDatabase({ url, poolSize: 3, applicationName: 'migrations', migrations });
  try {
    await migrate(dataSource);
    return await dataSource.query<unknown[]>(look);
  } finally {
    await dataSource.destroy();
  }
}

const one = migration(1, 'one', 'CREATE TABLE one (id int)');
const two = migration(2, 'two', 'ALTER TABLE one ADD COLUMN two int');
const ten = migration(10, 'ten', 'ALTER TABLE one RENAME COLUMN two TO ten');
const columns =
  "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'one' ORDER BY 1";

describe('migrations', () => {
  it('run in the order of their numbers, however they are listed', async () => {
    expect(await after([ten, two, one], columns)).toEqual([{ name: 'id' }, { name: 'ten' }]);
  });

  it('run once each, and later ones are added', async () => {
    await after([one]);
    await after([one]);
    expect(await after([one, two])).toEqual([{ name: 'one-0000000000001' }, { name: 'two-0000000000002' }]);
  });

  it('run once when many processes start together', async () => {
    await Promise.all(Array.from({ length: 6 }, () => after([one, two, ten])));
    expect(await after([one, two, ten])).toHaveLength(3);
  });

  it('leave nothing of one that fails, and keep those before it', async () => {
    const broken = migration(3, 'broken', 'CREATE TABLE half (id int); SELECT 1 / 0');
    await expect(after([one, two, broken])).rejects.toThrow('division by zero');
    const half = "SELECT 1 FROM information_schema.tables WHERE table_name = 'half'";
    expect(await after([one, two], half)).toEqual([]);
    expect(await after([one, two])).toHaveLength(2);
  });

  it('have no way back', () => {
    expect(() => new one().down({} as never)).toThrow('has no way back');
  });
});
