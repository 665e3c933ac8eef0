import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, openDatabase } from '@integument/database';
import type { TestServer } from '@integument/testing';
import type { MigrationInterface } from 'typeorm';
import type { TestProject } from 'vitest/node';
import { platformMigrations } from '../../apps/api/src/migrations/index.js';
import { vaultMigrations } from '../../apps/vault/src/migrations/index.js';
import { freePorts } from '../ports.js';
import { serverAccount } from '../postgres/account.js';
import { installedBinaries } from '../postgres/binaries.js';
import * as postgres from '../postgres/server.js';

const OWNER = 'integument';

/** One PostgreSQL a run, without durability, and in it a migrated template of each app's database. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const base = mkdtempSync(join(tmpdir(), 'integument-test-'));
  chmodSync(base, 0o711); // as root the server runs as another account, which has to get through
  const [port = 0] = await freePorts(1);
  const superuser = { name: 'postgres', password: randomBytes(12).toString('hex') };
  const folder = join(base, 'data');
  const account = serverAccount();
  const server = { binaries: installedBinaries(), account, folder, port, superuser, durable: false };
  await postgres.initialise(server, renameSync);
  const child = start(server, join(base, 'log'));
  const tearDown = () => stop(child, base);
  try {
    await untilAnswering(server, child);
    project.provide('testServer', await makeTemplates(server));
    return tearDown;
  } catch (error) {
    console.error(readFileSync(join(base, 'log'), 'utf8').slice(-4_000));
    await tearDown();
    throw error;
  }
}

function start(server: postgres.Server, log: string): ChildProcess {
  const { program, args, env, cwd, account } = postgres.serverCommand(server);
  const out = openSync(log, 'a', 0o600);
  return spawn(program, args, { env, cwd, ...account, stdio: ['ignore', out, out] });
}

async function untilAnswering(server: postgres.Server, child: ChildProcess): Promise<void> {
  while (!(await postgres.isAnswering(server))) {
    if (child.exitCode !== null) throw new Error('PostgreSQL ended while it was starting');
    await sleep(20);
  }
}

async function stop(child: ChildProcess, base: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGQUIT'); // nothing here is worth a checkpoint
    await once(child, 'exit');
  }
  rmSync(base, { recursive: true, force: true });
}

async function makeTemplates(server: postgres.Server): Promise<TestServer> {
  const password = randomBytes(12).toString('hex');
  await makeTemplate(server, password, 'vault_template', vaultMigrations);
  await makeTemplate(server, password, 'platform_template', platformMigrations);
  return { port: server.port, superuser: server.superuser, owner: { name: OWNER, password } };
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
