import { randomBytes } from 'node:crypto';
import { migrate, openDatabase } from '@integument/database';
import type { MigrationInterface } from 'typeorm';
import type { TestProject } from 'vitest/node';
import { platformMigrations } from '../../apps/api/src/migrations/index.js';
import { vaultMigrations } from '../../apps/vault/src/migrations/index.js';
import * as postgres from '../postgres/server.js';
import { startThrowaway } from './throwaway-server.js';

const OWNER = 'integument';

/** One PostgreSQL a run, without durability, and in it a migrated template of each app's database. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const password = randomBytes(12).toString('hex');
  const { server, stop } = await startThrowaway(false, async (server) => {
    await makeTemplate(server, password, 'vault_template', vaultMigrations);
    await makeTemplate(server, password, 'platform_template', platformMigrations);
  });
  const { port, superuser } = server;
  project.provide('testServer', { port, superuser, owner: { name: OWNER, password } });
  return stop;
}

async function makeTemplate(
  server: postgres.Server,
  password: string,
  name: string,
  migrations: (new () => MigrationInterface)[],
): Promise<void> {
  await postgres.ensureDatabase(server, OWNER, password, name);
  const url = postgres.databaseUrl(server.port, OWNER, password, name);
  const database = await openDatabase({ url, poolSize: 2, applicationName: 'template', migrations });
  await migrate(database).finally(() => database.destroy());
  // A template with a connection to it can't be cloned: nobody connects from here on.
  await postgres.asSuperuser(server, (client) =>
    client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`),
  );
}
