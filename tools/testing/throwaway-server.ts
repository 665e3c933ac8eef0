import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../ports.js';
import { serverAccount } from '../postgres/account.js';
import { installedBinaries } from '../postgres/binaries.js';
import * as postgres from '../postgres/server.js';

/** A PostgreSQL in a folder of its own, gone without a trace when it is stopped. */
export interface ThrowawayServer {
  readonly server: postgres.Server;
  readonly stop: () => Promise<void>;
}

/**
 * @param durable whether it is to survive a crash; without it is faster
 * @param prepare what has to be there before anybody uses it; if it fails the server is stopped
 */
export async function startThrowaway(
  durable: boolean,
  prepare: (server: postgres.Server) => Promise<void>,
): Promise<ThrowawayServer> {
  const base = mkdtempSync(join(tmpdir(), 'integument-test-'));
  chmodSync(base, 0o711); // as root the server runs as another account, which has to get through
  const [port = 0] = await freePorts(1);
  const superuser = { name: 'postgres', password: randomBytes(12).toString('hex') };
  const folder = join(base, 'data');
  const server = {
    binaries: installedBinaries(),
    account: serverAccount(),
    folder,
    port,
    superuser,
    durable,
  };
  await postgres.initialise(server, renameSync);
  const child = start(server, join(base, 'log'));
  const stop = () => end(child, base);
  try {
    await untilAnswering(server, child);
    await prepare(server);
    return { server, stop };
  } catch (error) {
    console.error(readFileSync(join(base, 'log'), 'utf8').slice(-4_000));
    await stop();
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

async function end(child: ChildProcess, base: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGQUIT'); // nothing here is worth a checkpoint
    await once(child, 'exit');
  }
  rmSync(base, { recursive: true, force: true });
}
