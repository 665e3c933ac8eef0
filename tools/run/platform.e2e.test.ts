import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildName, PlatformInfo } from '@integument/testing';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DIST_FOLDER } from '../project-folder.js';
import { forgetData } from './data-folder.js';
import { type Platform, type StartOptions, startPlatform } from './platform.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';
import { anyPorts, type Ports } from './settings.js';

/** The supervisor's own promises need no app: a server and the provider are enough to lose, kill and find again. */
const ONLY: ChildName[] = ['vault-postgres', 'provider'];
const BOTH: ChildName[] = ['vault-postgres', 'platform-postgres'];

let dataFolder: string;
let ports: Ports;
const running: Platform[] = [];

beforeEach(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'integument-run-'));
  chmodSync(dataFolder, 0o711);
  ports = await anyPorts();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((platform) => platform.stop()));
  forgetData(dataFolder);
});

async function start(options: Partial<StartOptions> = {}): Promise<Platform> {
  const platform = await startPlatform({
    dataFolder,
    ports,
    durable: true,
    quiet: true,
    only: ONLY,
    ...options,
  });
  running.push(platform);
  return platform;
}

async function rows(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a platform', () => {
  it('keeps its data and its secrets from one start to the next', async () => {
    const first = await start();
    await rows(first.info.databases.vault.url, 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.stop();
    const second = await start();
    expect(await rows(second.info.databases.vault.url, 'SELECT * FROM kept')).toEqual([{ value: 42 }]);
    expect(second.info).toEqual(first.info);
  });

  it('keeps every file with a secret to its owner', async () => {
    await start();
    const secret = /\.(key|secret)$|signing|keys\.json|provider\.json|secrets\.json|demo\.json/;
    const files = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      secret.test(name),
    );
    expect(files.length).toBeGreaterThanOrEqual(10);
    for (const name of files)
      expect([name, statSync(join(dataFolder, name)).mode & 0o077]).toEqual([name, 0]);
  });

  it('gives each app a server of its own, which the other one has no password for', async () => {
    const { databases } = (await start({ only: BOTH })).info;
    const identity = 'SELECT system_identifier::text AS id FROM pg_control_system()';
    const [vault, platform] = [databases.vault.superuserUrl ?? '', databases.platform.superuserUrl ?? ''];
    expect(await rows(vault, identity)).not.toEqual(await rows(platform, identity));
    const crossed = new URL(databases.platform.url);
    crossed.username = 'vault';
    crossed.pathname = '/vault';
    crossed.port = new URL(databases.vault.url).port;
    await expect(rows(crossed.href, 'SELECT 1')).rejects.toThrow('authentication failed');
  });

  it('refuses a second supervisor on its data folder', async () => {
    await start();
    await expect(start({ ports: 'free' })).rejects.toThrow(
      `running already, under the process ${process.pid}`,
    );
  });

  it('names the setting of a taken port before anything starts', async () => {
    const blocker = createServer().listen(ports.api, '127.0.0.1');
    await once(blocker, 'listening');
    await expect(start()).rejects.toThrow(`port ${ports.api} (the API) is taken: set API_PORT`);
    expect(readdirSync(join(dataFolder, 'run'))).toEqual([]);
    blocker.close();
  });

  it('uses an outside server and starts none in its place', async () => {
    const outside = await start();
    const folder = mkdtempSync(join(tmpdir(), 'integument-run-'));
    chmodSync(folder, 0o711);
    const vaultDatabaseUrl = outside.info.databases.vault.url;
    const inner = await start({ dataFolder: folder, ports: 'free', vaultDatabaseUrl, only: BOTH });
    expect(inner.info.databases.vault).toEqual({ url: vaultDatabaseUrl, superuserUrl: null, folder: null });
    expect(readdirSync(inner.info.runFolder)).toEqual(['platform-postgres.json']);
    await inner.stop();
    forgetData(folder);
  });
});

describe('kill -9', () => {
  it('of a PostgreSQL server loses nothing that was acknowledged', async () => {
    const platform = await start({ durable: true });
    const { url } = platform.info.databases.vault;
    await rows(url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await platform.child('vault-postgres').kill9();
    await platform.waitReady('vault-postgres');
    expect(await rows(url, 'SELECT * FROM kept')).toEqual([{ value: 1 }]);
  });

  it('of the supervisor leaves children that the next start ends', async () => {
    const { supervisor, info } = await startApart();
    const orphans = recorded(info);
    expect(orphans.length).toBe(ONLY.length);
    await rows(info.databases.vault.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    await kill(supervisor);
    expect(orphans.every(isAlive)).toBe(true);
    const next = await start();
    expect(orphans.some(isAlive)).toBe(false);
    expect(await rows(next.info.databases.vault.url, 'SELECT * FROM kept')).toEqual([{ value: 1 }]);
  });

  it('of the supervisor and its servers at once is recovered from too', async () => {
    const { supervisor, info } = await startApart();
    await rows(info.databases.vault.url, 'CREATE TABLE kept AS SELECT 1 AS value');
    const orphans = recorded(info);
    await kill(supervisor);
    for (const { pid } of orphans) process.kill(pid, 'SIGKILL');
    const next = await start();
    expect(await rows(next.info.databases.vault.url, 'SELECT * FROM kept')).toEqual([{ value: 1 }]);
  });

  it('and a lost record: a server is known by its own pid file and its folder', async () => {
    const { supervisor, info } = await startApart();
    const orphans = recorded(info);
    await kill(supervisor);
    for (const { pid, name } of orphans) if (!name.endsWith('-postgres')) process.kill(pid, 'SIGKILL');
    for (const name of readdirSync(info.runFolder)) writeFileSync(join(info.runFolder, name), '');
    await start();
    expect(orphans.some(isAlive)).toBe(false);
  });

  it('and a pid file that names a process of somebody else: it is left alone', async () => {
    const first = await start();
    await first.stop();
    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    const identity = identify(other.pid ?? 0) as ProcessIdentity;
    writeFileSync(
      join(first.info.databases.vault.folder ?? '', 'postmaster.pid'),
      `${other.pid}\n/elsewhere\n`,
    );
    await start();
    expect(isAlive(identity)).toBe(true);
    other.kill('SIGKILL');
  });
});

function recorded(info: PlatformInfo): (ProcessIdentity & { name: string })[] {
  return readdirSync(info.runFolder).map(
    (name) =>
      JSON.parse(readFileSync(join(info.runFolder, name), 'utf8')) as ProcessIdentity & { name: string },
  );
}

/** A supervisor in a process of its own, which can be killed. */
async function startApart(): Promise<{ supervisor: ChildProcess; info: PlatformInfo }> {
  const options: StartOptions = { dataFolder, ports, durable: true, quiet: true, only: ONLY };
  const module = JSON.stringify(join(DIST_FOLDER, 'tools/run/platform.js'));
  const script = `const { startPlatform } = await import(${module});
    const platform = await startPlatform(${JSON.stringify(options)});
    console.log(JSON.stringify(platform.info));`;
  const args = ['--input-type=module', '-e', script];
  const supervisor = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
  return { supervisor, info: JSON.parse(String(line)) as PlatformInfo };
}

async function kill(supervisor: ChildProcess): Promise<void> {
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
}
