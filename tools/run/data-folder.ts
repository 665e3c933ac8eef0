import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, canEnter, canRun } from '../postgres/account.js';
import { type Binaries, binariesIn } from '../postgres/binaries.js';
import { readJson, renameDurably } from './files.js';

/** The places in the data folder. Each app has a folder of its own, as it would have a machine of its own. */
export interface DataFolder {
  readonly root: string;
  readonly authority: string;
  readonly vault: string;
  readonly api: string;
  readonly provider: string;
  readonly logs: string;
  /** checkpoints of the audit logs, outside their databases */
  readonly anchors: string;
  /** second factors of the staff that tests and tools sign in as */
  readonly passkeys: string;
  /** identities of the running children */
  readonly run: string;
  readonly secrets: string;
  readonly demo: string;
  readonly registry: string;
  readonly catalogue: string;
  readonly register: string;
}

const ENTER_ONLY = 0o711;
const PRIVATE = 0o700;

/**
 * Makes what is missing of the data folder.
 * @param account as which PostgreSQL runs, where that isn't the caller: it has to get through to its own folder
 */
export function prepareDataFolder(root: string, account: Account | undefined): DataFolder {
  makeFolder(root, account ? ENTER_ONLY : PRIVATE);
  const folders = {
    authority: 'authority',
    vault: 'vault',
    api: 'api',
    provider: 'provider',
    logs: 'logs',
    anchors: 'anchors',
    passkeys: 'passkeys',
    run: 'run',
  };
  const at = (name: string) => join(root, name);
  for (const name of Object.values(folders)) makeFolder(at(name), PRIVATE);
  return {
    root,
    authority: at('authority'),
    vault: at('vault'),
    api: at('api'),
    provider: at('provider'),
    logs: at('logs'),
    anchors: at('anchors'),
    passkeys: at('passkeys'),
    run: at('run'),
    secrets: at('secrets.json'),
    demo: at('demo.json'),
    registry: at('registry.json'),
    catalogue: at('catalogue.json'),
    register: at('register.json'),
  };
}

/** Where PostgreSQL keeps its data and its programs. */
export interface PostgresPlace {
  readonly folder: string;
  readonly binaries: Binaries;
  /** says where, if it isn't in the data folder */
  readonly note?: string;
}

/**
 * PostgreSQL's data goes into the data folder and its programs stay where npm put them. Started as root it runs under an
 * account that may not get there (a project below /root): then both go to a folder of root's in /var/tmp.
 */
export function placePostgres(
  root: string,
  installed: Binaries,
  account: Account | undefined,
): PostgresPlace {
  const inside = join(root, 'postgres');
  if (!account) return { folder: made(inside, PRIVATE), binaries: installed };
  const reachable = canEnter(made(inside, ENTER_ONLY), account);
  if (reachable && canRun(installed.postgres, account)) return { folder: inside, binaries: installed };
  const outside = made(elsewhere(root), ENTER_ONLY);
  // Anybody can make a folder in /var/tmp under the name that we are going to use.
  if (!isOwn(outside)) throw new Error(`${outside} is not a folder of this account alone: remove it`);
  const folder = reachable ? inside : made(join(outside, 'postgres'), ENTER_ONLY);
  const binaries = canRun(installed.postgres, account) ? installed : copyBinaries(installed, outside);
  return {
    folder,
    binaries,
    note: `PostgreSQL can't get into ${root} as its own account and uses ${outside}`,
  };
}

/** Removes the data folder with all that belongs to it. The platform must not be running. */
export function forgetData(root: string): void {
  if (existsSync(elsewhere(root)) && isOwn(elsewhere(root))) rmSync(elsewhere(root), { recursive: true });
  rmSync(root, { recursive: true, force: true });
}

function elsewhere(root: string): string {
  const folder = process.platform === 'win32' ? tmpdir() : '/var/tmp';
  return join(folder, `integument-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`);
}

/** A real folder of ours that nobody else may write to. */
function isOwn(folder: string): boolean {
  const stat = lstatSync(folder);
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}

function copyBinaries(installed: Binaries, place: string): Binaries {
  const description = readJson<{ version: string }>(join(installed.root, '..', 'package.json'));
  const folder = join(place, `native-${description?.version ?? 'unknown'}`);
  const copy = binariesIn(folder);
  if (existsSync(copy.postgres)) return copy;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(installed.root, unfinished, { recursive: true, verbatimSymlinks: true });
  renameDurably(unfinished, folder);
  return copy;
}

function made(path: string, mode: number): string {
  makeFolder(path, mode);
  return path;
}

function makeFolder(path: string, mode: number): void {
  if (existsSync(path)) return;
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode); // mkdir's own mode is cut by the umask
}
