import type { TokenType } from '@integument/contracts';
import { escapeIdentifier } from 'pg';
import { WrongUse } from '../failure.js';
import type { Statements } from './target-database.js';

/** Long enough for every token that says by its form that it is one. */
const TOKEN_LENGTH = 44;

/** A column as the catalogue of the database has it; its name has come from there, whatever was typed. */
export interface Column {
  readonly name: string;
  /** as it is written in SQL */
  readonly quoted: string;
  /** from `format_type` */
  readonly type: string;
}

export interface TargetTable {
  readonly schema: string;
  readonly name: string;
  /** as it is written in SQL */
  readonly quoted: string;
  readonly key: readonly Column[];
}

/** @param text `customers` or `shop.customers` @throws {WrongUse} where there is none, or none that can be changed row by row */
export async function findTable(database: Statements, text: string): Promise<TargetTable> {
  const at = text.indexOf('.');
  const asked = at < 0 ? ['public', text] : [text.slice(0, at), text.slice(at + 1)];
  const [found] = await database.query<{ schema: string; name: string }>(
    `SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
      WHERE table_schema = $1 AND table_name = $2 AND table_type = 'BASE TABLE'`,
    asked,
  );
  if (!found) throw new WrongUse('--table names no table that this role can see');
  const quoted = `${escapeIdentifier(found.schema)}.${escapeIdentifier(found.name)}`;
  const key = await keyOf(database, found);
  if (key.length === 0)
    throw new WrongUse('the table has no primary key: its rows can’t be told from each other');
  return { ...found, quoted, key };
}

/** @throws {WrongUse} where tokens can't stand in it */
export async function findColumn(
  database: Statements,
  table: TargetTable,
  name: string,
  type: TokenType,
): Promise<Column> {
  const [found] = await database.query<CatalogueColumn & { most: number | null; generated: boolean }>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
            CASE WHEN a.atttypmod > 0 THEN a.atttypmod - 4 END AS most, a.attgenerated <> '' AS generated
       FROM pg_attribute a
      WHERE a.attrelid = to_regclass($1) AND a.attname = $2 AND a.attnum > 0 AND NOT a.attisdropped`,
    [table.quoted, name],
  );
  if (!found) throw new WrongUse(`the table has no column “${name}”`);
  if (!/^(?:text|character varying(?:\(\d+\))?)$/.test(found.type)) {
    throw new WrongUse(
      `the column “${found.name}” is ${found.type}: only text and character varying can hold tokens`,
    );
  }
  // Of a format-preserving one its value says how long it is; where that is too long, the row is left.
  if (type !== 'format-preserving' && found.most !== null && found.most < TOKEN_LENGTH) {
    throw new WrongUse(`the column “${found.name}” is too short: tokens have ${TOKEN_LENGTH} characters`);
  }
  if (found.generated) throw new WrongUse(`the column “${found.name}” is computed from others`);
  if (table.key.some((column) => column.name === found.name)) {
    throw new WrongUse(`the column “${found.name}” is of the primary key, by which rows are found again`);
  }
  return columnOf(found);
}

export async function hasColumn(database: Statements, table: TargetTable, name: string): Promise<boolean> {
  const found = await database.query(
    'SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped',
    [table.quoted, name],
  );
  return found.length > 0;
}

interface CatalogueColumn {
  readonly name: string;
  readonly type: string;
}

async function keyOf(
  database: Statements,
  { schema, name }: Pick<TargetTable, 'name' | 'schema'>,
): Promise<Column[]> {
  const columns = await database.query<CatalogueColumn>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
       FROM pg_class c
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at)
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE n.nspname = $1 AND c.relname = $2
      ORDER BY k.at`,
    [schema, name],
  );
  return columns.map(columnOf);
}

function columnOf({ name, type }: CatalogueColumn): Column {
  return { name, quoted: escapeIdentifier(name), type };
}
