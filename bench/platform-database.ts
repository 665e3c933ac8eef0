import { migrate, openDatabase } from '@integument/database';
import type { DatabaseInfo } from '@integument/testing';
import pg from 'pg';
import { platformMigrations } from '../apps/api/src/migrations/index.js';

/** An empty database beside the platform's, on the same server, of the same owner, with the same tables. @returns its URL */
export async function emptyPlatformDatabase(platform: DatabaseInfo, name: string): Promise<string> {
  const url = new URL(platform.url);
  const client = new pg.Client(platform.superuserUrl ?? platform.url);
  await client.connect();
  try {
    const owner = pg.escapeIdentifier(url.username);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${owner}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  const options = { url: url.href, poolSize: 2, applicationName: 'bench', migrations: platformMigrations };
  const database = await openDatabase(options);
  await migrate(database);
  await database.destroy();
  return url.href;
}
