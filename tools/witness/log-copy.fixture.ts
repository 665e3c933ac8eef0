import type { TestLog } from '../../libs/audit-log/src/sql/log.fixture.js';

const TABLES = [
  'audit_staging',
  'audit_entry',
  'audit_checkpoint',
  'audit_head',
  'audit_follower',
  'audit_cosignature',
];

const inside = (schema: string) =>
  TABLES.map((table) => `CREATE TABLE ${schema}.${table} AS TABLE public.${table}`).join(';');
const back = TABLES.map(
  (table) => `
  ALTER TABLE public.${table} DISABLE TRIGGER ALL;
  TRUNCATE public.${table};
  INSERT INTO public.${table} OVERRIDING SYSTEM VALUE SELECT * FROM copy.${table};
  ALTER TABLE public.${table} ENABLE TRIGGER ALL`,
).join(';');

/** A dump of the log's tables, as a backup holds it. */
export async function dump(log: TestLog): Promise<void> {
  await log.superuser(`DROP SCHEMA IF EXISTS copy CASCADE; CREATE SCHEMA copy; ${inside('copy')}`);
}

/** Puts the dump in place of what is there: every table is as old as the dump. */
export async function restore(log: TestLog): Promise<void> {
  await log.superuser(back);
}
