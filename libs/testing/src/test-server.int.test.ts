import { freshDatabases, freshEmptyDatabase } from '@integument/testing';
import pg from 'pg';
import { describe, expect, it } from 'vitest';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>({ text: sql })).rows;
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  it('belongs to a role that is no superuser', async () => {
    const { vaultUrl, platformUrl, drop } = await freshDatabases();
    for (const url of [vaultUrl, platformUrl]) {
      const rows = await query(url, 'SELECT usesuper FROM pg_user WHERE usename = current_user');
      expect(rows).toEqual([{ usesuper: false }]);
      await query(url, 'CREATE TABLE probe (id int)');
    }
    await drop();
  });

  it('shares nothing with the next one', async () => {
    const [one, two] = await Promise.all([freshEmptyDatabase(), freshEmptyDatabase()]);
    await query(one.url, 'CREATE TABLE probe (id int)');
    await expect(query(two.url, 'SELECT * FROM probe')).rejects.toThrow('does not exist');
    await Promise.all([one.drop(), two.drop()]);
  });

  it('is gone after drop, even under an open connection', async () => {
    const { url, drop } = await freshEmptyDatabase();
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    await drop();
    await expect(query(url, 'SELECT 1')).rejects.toThrow('does not exist');
    await client.end().catch(() => undefined);
  });
});
