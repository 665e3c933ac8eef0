import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Account } from './account.js';
import type { Binaries } from './binaries.js';

/** One PostgreSQL server with a data folder of its own, on 127.0.0.1 only. */
export interface Server {
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** PostgreSQL's data folder; its parents exist and the account can enter them */
  readonly folder: string;
  readonly port: number;
  readonly superuser: { readonly name: string; readonly password: string };
  /** false gives up crash safety for speed: only for tests that don't crash it */
  readonly durable: boolean;
}

/** What `child_process.spawn` needs to run a program. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly account: Account | undefined;
}

const HOST = '127.0.0.1';
// The servers get nothing of the caller's environment: PGDATA, PGPORT, LC_* and the like would change what they do.
const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** A postgres:// URL of one database of the server. */
export function databaseUrl(port: number, user: string, password: string, database: string): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${HOST}:${port}/${database}`;
}

export function superuserUrl(server: Server, database = 'postgres'): string {
  return databaseUrl(server.port, server.superuser.name, server.superuser.password, database);
}

/**
 * Makes the data folder unless it is there already. It is made under another name and renamed, so that a start that was
 * interrupted half-way doesn't leave a folder that looks finished.
 */
export async function initialise(server: Server, rename: (from: string, to: string) => void): Promise<void> {
  if (existsSync(join(server.folder, 'PG_VERSION'))) return;
  const unfinished = `${server.folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (server.account) chownSync(unfinished, server.account.uid, server.account.gid);
  await initdb(server, unfinished);
  rename(unfinished, server.folder);
}

async function initdb(server: Server, folder: string): Promise<void> {
  const secrets = mkdtempSync(join(tmpdir(), 'integument-initdb-'));
  const passwordFile = join(secrets, 'password');
  try {
    writeFileSync(passwordFile, `${server.superuser.password}\n`, { mode: 0o600 });
    for (const path of server.account ? [secrets, passwordFile] : []) {
      chownSync(path, server.account?.uid ?? 0, server.account?.gid ?? 0);
    }
    const args = ['--pgdata', folder, '--username', server.superuser.name, '--pwfile', passwordFile];
    // PostgreSQL's own collation: the same on every platform, whatever locales are installed.
    args.push('--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin');
    args.push('--builtin-locale=C.UTF-8', ...(server.durable ? [] : ['--no-sync', '--no-data-checksums']));
    await promisify(execFile)(server.binaries.initdb, args, {
      ...server.account,
      cwd: '/',
      env: ENVIRONMENT,
    });
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
}

/** How to run the server in the foreground. SIGINT stops it fast: it ends the sessions and writes a checkpoint. */
export function serverCommand(server: Server): Command {
  const settings = {
    listen_addresses: HOST,
    port: server.port,
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: 200,
    // A failing statement's text and the details of a violated constraint ("Key (email)=(…)") hold personal values.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(server.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { account, binaries, folder } = server;
  return { program: binaries.postgres, args: ['-D', folder, ...flags], env: ENVIRONMENT, cwd: '/', account };
}

/** Whether the server answers a query of its superuser. */
export async function isAnswering(server: Server): Promise<boolean> {
  try {
    await asSuperuser(server, (client) => client.query('SELECT 1'));
    return true;
  } catch {
    return false;
  }
}

/** Runs work on a connection of the superuser. */
export async function asSuperuser<T>(server: Server, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: superuserUrl(server), connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // a server stopping under an idle connection: the next query tells
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Makes a role that is no superuser, and a database that it owns, unless they are there. The password is set each time:
 * the settings are right, not the database.
 */
export async function ensureDatabase(
  server: Server,
  role: string,
  password: string,
  database = role,
): Promise<void> {
  await asSuperuser(server, async (client) => {
    const user = client.escapeIdentifier(role);
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
    const verb = roles.rowCount === 0 ? 'CREATE' : 'ALTER';
    await client.query(`${verb} ROLE ${user} LOGIN NOSUPERUSER PASSWORD ${client.escapeLiteral(password)}`);
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (databases.rowCount !== 0) return;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)} OWNER ${user}`);
    await client.query(
      `REVOKE CONNECT, TEMPORARY ON DATABASE ${client.escapeIdentifier(database)} FROM PUBLIC`,
    );
  });
}
