import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildRecord } from './child.js';
import { readJson } from './files.js';
import { end, identify, type ProcessIdentity, processesIn } from './process-identity.js';

const PATIENCE_MS = 15_000;

/**
 * Ends what a killed supervisor left running: only processes that it recorded, told from later ones under the same id
 * by their start time. Apps go before the PostgreSQL servers that they write to.
 * @returns the names of those that lived
 */
export async function endOrphans(runFolder: string): Promise<string[]> {
  const files = readdirSync(runFolder).filter((name) => name.endsWith('.json'));
  const records = files.flatMap((name) => readJson<ChildRecord>(join(runFolder, name)) ?? []);
  const ended: string[] = [];
  for (const servers of [false, true]) {
    const turn = records.filter(({ name }) => name.endsWith('-postgres') === servers);
    const lived = await Promise.all(turn.map((record) => end(record, record.stopSignal, PATIENCE_MS)));
    ended.push(...turn.filter((_, at) => lived[at]).map(({ name }) => name));
  }
  for (const name of files) rmSync(join(runFolder, name), { force: true });
  return ended;
}

/**
 * Makes a PostgreSQL data folder ready for a new server: ends a server that still runs in it and was not recorded, waits
 * for the last back end of one that was killed, and removes a `postmaster.pid` that would be in the way.
 *
 * PostgreSQL looks whether the process of that file lives, and can't tell a later process under the same id (after a
 * reboot, in a new container) or a zombie from its own. The file also leads it to the shared memory that back ends of a
 * killed server still use, so it is only removed when no process works in the folder.
 */
export async function clearServerFolder(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const identity = identify(Number(readFileSync(file, 'utf8').split('\n')[0]));
  if (identity && runsIn(identity, folder)) await end(identity, 'SIGINT', PATIENCE_MS);
  await untilNobodyWorksIn(realpathSync(folder));
  rmSync(file, { force: true });
}

function runsIn(identity: ProcessIdentity, folder: string): boolean {
  return commandLine(identity.pid).includes(` -D ${folder} `);
}

function commandLine(pid: number): string {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'command=', '-ww', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function untilNobodyWorksIn(folder: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const left = processesIn(folder);
    if (left.length === 0) return;
    if (Date.now() > deadline) {
      throw new Error(`these processes still work in ${folder}: ${left.map(({ pid }) => pid).join(', ')}`);
    }
    await sleep(50);
  }
}
