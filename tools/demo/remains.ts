import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseInfo } from '@integument/testing';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { ByteSearch, Scan } from './byte-search.js';

const READ_BYTES = 4 * 1024 * 1024;

/** Runs work on a connection as the database's superuser, or as its owner where the server isn't ours. */
export async function onDatabase<T>(info: DatabaseInfo, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(info.superuserUrl ?? info.url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Everything that a database's tables hold, by COPY: as text, where a number or a date shows, and in binary, where bytes
 * stand as they are. PostgreSQL's own tables are among them: its statistics hold samples of ours.
 */
export async function scanTables(
  client: pg.Client,
  search: ByteSearch,
): Promise<{ scan: Scan; tables: number }> {
  const { rows } = await client.query<{ name: string; own: boolean }>(
    `SELECT quote_ident(nspname) || '.' || quote_ident(relname) AS name,
       nspname NOT IN ('pg_catalog', 'information_schema') AS own
     FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND nspname <> 'pg_toast' ORDER BY name`,
  );
  const scan = search.scan();
  for (const { name, own } of rows) {
    await copyInto(client, `COPY ${name} TO STDOUT`, scan);
    // Some types of PostgreSQL's own tables have no binary form.
    if (own) await copyInto(client, `COPY ${name} TO STDOUT (FORMAT binary)`, scan);
  }
  return { scan, tables: rows.filter(({ own }) => own).length };
}

async function copyInto(client: pg.Client, statement: string, scan: Scan): Promise<void> {
  for await (const piece of client.query(copyTo(statement)) as AsyncIterable<Buffer>) scan.feed(piece);
  scan.cut();
}

/** Every file below a folder. One that goes away meanwhile is passed over, as PostgreSQL removes some of its own. */
export async function scanFolder(folder: string, search: ByteSearch): Promise<{ scan: Scan; files: number }> {
  const scan = search.scan();
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let files = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if (await scanFile(join(entry.parentPath, entry.name), scan, buffer)) files++;
  }
  return { scan, files };
}

async function scanFile(path: string, scan: Scan, buffer: Buffer): Promise<boolean> {
  const file = await open(path).catch(absent);
  if (!file) return false;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer);
      if (bytesRead === 0) return true;
      scan.feed(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
    scan.cut();
  }
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
