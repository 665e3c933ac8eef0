import { join } from 'node:path';
import type { ChildName, DatabaseInfo } from '@integument/testing';
import { serverAccount } from '../postgres/account.js';
import { installedBinaries } from '../postgres/binaries.js';
import * as postgres from '../postgres/server.js';
import type { Blueprint } from './blueprint.js';
import type { ChildSpec } from './child.js';
import { type PostgresPlace, placePostgres } from './data-folder.js';
import { renameDurably } from './files.js';
import { clearServerFolder } from './orphans.js';

/** One of the two databases: on a server of ours, or on one that the settings name. */
export interface Database {
  readonly info: DatabaseInfo;
  /** absent where the server isn't ours */
  readonly child?: ChildSpec;
  /** takes away what a killed server left in its data folder */
  clear(): Promise<void>;
  /** makes the data folder; before the server starts */
  prepare(): Promise<void>;
  /** makes role and database; once the server answers */
  finish(): Promise<void>;
}

/** Where embedded servers live; undefined when both databases are outside. */
export function findPlace(blueprint: Blueprint): PostgresPlace | undefined {
  const { vaultDatabaseUrl, platformDatabaseUrl } = blueprint.settings;
  if (vaultDatabaseUrl && platformDatabaseUrl) return undefined;
  return placePostgres(blueprint.folder.root, installedBinaries(), serverAccount());
}

export function vaultDatabase(
  blueprint: Blueprint,
  place: PostgresPlace | undefined,
  durable: boolean,
): Database {
  const { secrets, settings } = blueprint;
  if (settings.vaultDatabaseUrl || !place) return outside(settings.vaultDatabaseUrl ?? '');
  const passwords = { superuser: secrets.vaultSuperuser, role: secrets.vaultRole };
  return embedded('vault', place, settings.ports.vaultPostgres, passwords, durable);
}

export function platformDatabase(
  blueprint: Blueprint,
  place: PostgresPlace | undefined,
  durable: boolean,
): Database {
  const { secrets, settings } = blueprint;
  if (settings.platformDatabaseUrl || !place) return outside(settings.platformDatabaseUrl ?? '');
  const passwords = { superuser: secrets.platformSuperuser, role: secrets.platformRole };
  return embedded('platform', place, settings.ports.platformPostgres, passwords, durable);
}

function outside(url: string): Database {
  const nothing = () => Promise.resolve();
  return {
    info: { url, superuserUrl: null, folder: null },
    clear: nothing,
    prepare: nothing,
    finish: nothing,
  };
}

function embedded(
  role: 'vault' | 'platform',
  place: PostgresPlace,
  port: number,
  passwords: { readonly superuser: string; readonly role: string },
  durable: boolean,
): Database {
  const folder = join(place.folder, role);
  const server: postgres.Server = {
    binaries: place.binaries,
    account: serverAccount(),
    folder,
    port,
    superuser: { name: `${role}_superuser`, password: passwords.superuser },
    durable,
  };
  const url = postgres.databaseUrl(port, role, passwords.role, role);
  return {
    info: { url, superuserUrl: postgres.superuserUrl(server, role), folder },
    child: serverChild(`${role}-postgres`, `the ${role}'s PostgreSQL`, server),
    clear: () => clearServerFolder(folder),
    prepare: () => postgres.initialise(server, renameDurably),
    finish: () => postgres.ensureDatabase(server, role, passwords.role),
  };
}

function serverChild(name: ChildName, title: string, server: postgres.Server): ChildSpec {
  return {
    name,
    title,
    command: postgres.serverCommand(server),
    stopSignal: 'SIGINT', // ends the sessions at once and writes a checkpoint
    ready: () => postgres.isAnswering(server),
  };
}
