import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../../apps/api/src/api.fixture.js';

/** Tables with a permit's name inside a value, where no column is called after it. */
const WITHIN = ['outbox', 'audit_staging', 'audit_entry', 'audit_index'];

/** Columns by which two permits of one person could be joined by time, and why they are there all the same. */
const FINER: Readonly<Record<string, string>> = {
  'outbox.due_at':
    'until a message is delivered, so that it is tried again: architecture.md says what it tells',
  'audit_staging.ordinal': 'the log says in which order things happened',
  'audit_entry.position': 'the log says in which order things happened',
  'audit_index.position': 'the log says in which order things happened',
  'audit_index.at': 'the log says when things happened; the actor beside it is another for each purpose',
};

/** By a day alone nobody is told apart from all others of that day; by a time, or by a number that counts rows, they are. */
const COLUMNS = `
  SELECT c.table_name || '.' || c.column_name AS "column" FROM information_schema.columns c
  WHERE c.table_schema = 'public'
    AND c.table_name IN (
      SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
      WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
        AND (column_name LIKE '%pseudonym%' OR column_name LIKE '%gate%')
      UNION SELECT unnest($1::text[]))
    AND (c.data_type ~ '^(time|interval|bigint|numeric|real|double|uuid)'
      OR c.is_identity = 'YES' OR c.column_default LIKE 'nextval%')
  ORDER BY 1`;

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const finer = async () =>
  (await api.query<{ column: string }>(COLUMNS, [WITHIN])).map(({ column }) => column);

it('nothing that knows a permit is kept with more than a day, but for what says why', async () => {
  expect(await finer()).toEqual(Object.keys(FINER).sort());
});

it.each([
  ['opened_at', 'timestamptz'],
  ['at_minute', 'time'],
  ['milliseconds', 'bigint'],
  ['came_as', 'integer GENERATED ALWAYS AS IDENTITY'],
  ['came_as', 'serial'],
])('a gate with %s %s would be seen', async (name, type) => {
  await api.query(`ALTER TABLE permit_gate ADD COLUMN ${name} ${type}`);
  expect(await finer()).toContain(`permit_gate.${name}`);
  await api.query(`ALTER TABLE permit_gate DROP COLUMN ${name}`);
});
