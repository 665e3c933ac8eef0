import { freshEmptyDatabase } from '@integument/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LogReads } from './log-reads.js';

let database: Awaited<ReturnType<typeof freshEmptyDatabase>>;
let reads: LogReads;

beforeAll(async () => {
  database = await freshEmptyDatabase();
  const options = { url: database.url, applicationName: 'readers tests' };
  reads = await LogReads.open({ ...options, poolSize: 1, statementMs: 200 });
});
afterAll(async () => {
  await reads.onModuleDestroy();
  await database.drop();
});

const query = (sql: string) => reads.single((tx) => tx.query(sql));

it('reads, and writes nothing', async () => {
  expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await expect(query('CREATE TABLE note (text text)')).rejects.toMatchObject({ code: '25006' });
});

it('ends what takes too long, and says so', async () => {
  await expect(query('SELECT pg_sleep(10)')).rejects.toMatchObject({
    code: 'audit.read_too_long',
    status: 503,
  });
  expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('says that it is busy where others read for too long', async () => {
  const held = reads.run(async (tx) => {
    await tx.query('SELECT 1');
    await expect(query('SELECT 1')).rejects.toMatchObject({ code: 'server.busy', status: 503 });
  });
  await held;
}, 15_000);

it.each(['statement_timeout=0', 'options=-c%20search_path%3Dpublic'])(
  'does not open by a URL that says %s',
  async (own) => {
    const opened = LogReads.open({ url: `${database.url}?${own}`, applicationName: 'readers tests' });
    await expect(opened).rejects.toThrow('takes away the limits');
  },
);
