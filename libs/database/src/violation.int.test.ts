import { freshEmptyDatabase } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violates } from './violation.js';

let client: pg.Client;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await freshEmptyDatabase();
  drop = database.drop;
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(`CREATE TABLE parent (id int CONSTRAINT parent_pk PRIMARY KEY, name text CONSTRAINT parent_name UNIQUE);
    CREATE UNIQUE INDEX parent_lower ON parent (lower(name));
    CREATE TABLE child (id int CONSTRAINT child_parent REFERENCES parent CONSTRAINT child_few CHECK (id < 100));
    INSERT INTO parent VALUES (1, 'a')`);
});
afterAll(async () => {
  await client.end();
  await drop();
});

const errorOf = (sql: string) =>
  client.query(sql).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a violation', () => {
  it('is known by the name of its constraint, foreign keys’ too, or index', async () => {
    expect(violates(await errorOf("INSERT INTO parent VALUES (1, 'b')"), 'parent_pk')).toBe(true);
    expect(violates(await errorOf("INSERT INTO parent VALUES (2, 'a')"), 'parent_name')).toBe(true);
    expect(violates(await errorOf("INSERT INTO parent VALUES (2, 'A')"), 'parent_lower')).toBe(true);
    expect(violates(await errorOf('INSERT INTO child VALUES (9)'), 'child_parent')).toBe(true);
  });

  it('of another constraint, or of another kind, is not it', async () => {
    expect(violates(await errorOf("INSERT INTO parent VALUES (1, 'b')"), 'parent_name')).toBe(false);
    expect(violates(await errorOf('INSERT INTO child VALUES (100)'), 'child_few')).toBe(false);
    for (const other of [undefined, null, new Error('x'), 'text', { code: '23505' }])
      expect(violates(other, 'parent_pk')).toBe(false);
  });
});
