import { resolve } from 'node:path';
import { z } from 'zod';
import { freePorts } from '../ports.js';

/** Every listener of the embedded run: its setting, its usual port, what it is. */
export const LISTENERS = {
  web: { setting: 'WEB_PORT', port: 4400, title: 'the first page' },
  vault: { setting: 'VAULT_PORT', port: 4401, title: 'the vault' },
  vaultInternal: { setting: 'VAULT_INTERNAL_PORT', port: 4402, title: "the vault's internal listener" },
  api: { setting: 'API_PORT', port: 4403, title: 'the API' },
  provider: { setting: 'OIDC_PORT', port: 4404, title: 'the OpenID provider' },
  vaultPostgres: { setting: 'VAULT_PG_PORT', port: 4405, title: "the vault's PostgreSQL" },
  platformPostgres: { setting: 'PLATFORM_PG_PORT', port: 4406, title: "the platform's PostgreSQL" },
  mail: { setting: 'MAIL_CATCHER_PORT', port: 4407, title: 'the mail catcher' },
  mailPage: { setting: 'MAIL_PAGE_PORT', port: 4408, title: 'the page with caught mail' },
} as const;

export type ListenerName = keyof typeof LISTENERS;
export type Ports = Readonly<Record<ListenerName, number>>;

/** Settings of the embedded run that don't belong to one app. */
export interface RunSettings {
  readonly dataFolder: string;
  readonly ports: Ports;
  /** servers of one's own in place of the embedded ones */
  readonly vaultDatabaseUrl?: string;
  readonly platformDatabaseUrl?: string;
  /** what each app may be given of the caller's environment: see children.ts */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const port = (usual: number) => z.coerce.number().int().min(1).max(65_535).default(usual);
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ }).optional();

const names = Object.keys(LISTENERS) as ListenerName[];
const schema = z.object({
  INTEGUMENT_DATA: z.string().min(1).default('.data'),
  VAULT_DATABASE_URL: databaseUrl,
  PLATFORM_DATABASE_URL: databaseUrl,
  ...(Object.fromEntries(
    names.map((name) => [LISTENERS[name].setting, port(LISTENERS[name].port)]),
  ) as Record<(typeof LISTENERS)[ListenerName]['setting'], ReturnType<typeof port>>),
});

/** The settings are wrong: all of them are named, none is shown, since some hold passwords. */
export class WrongSettings extends Error {
  override readonly name = 'WrongSettings';
}

/** Reads the settings from the environment; a relative data folder starts at the project. */
export function readSettings(env: NodeJS.ProcessEnv, projectFolder: string): RunSettings {
  // An empty setting is one that somebody took back.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const read = schema.safeParse(given);
  if (!read.success) {
    const wrong = [...new Set(read.error.issues.map((issue) => issue.path.join('.')))].sort();
    throw new WrongSettings(`these settings are wrong: ${wrong.join(', ')}`);
  }
  const values = read.data;
  const ports = Object.fromEntries(names.map((name) => [name, values[LISTENERS[name].setting]])) as Ports;
  const shared = names.filter((name) =>
    names.some((other) => other !== name && ports[other] === ports[name]),
  );
  if (shared.length > 0) {
    const settings = shared.map((name) => LISTENERS[name].setting).join(', ');
    throw new WrongSettings(`these settings give the same port: ${settings}`);
  }
  return {
    dataFolder: resolve(projectFolder, values.INTEGUMENT_DATA),
    ports,
    environment: given,
    ...(values.VAULT_DATABASE_URL ? { vaultDatabaseUrl: values.VAULT_DATABASE_URL } : {}),
    ...(values.PLATFORM_DATABASE_URL ? { platformDatabaseUrl: values.PLATFORM_DATABASE_URL } : {}),
  };
}

/** Ports that are free now, for a platform that runs beside another one. */
export async function anyPorts(): Promise<Ports> {
  const free = await freePorts(names.length);
  return Object.fromEntries(names.map((name, at) => [name, free[at]])) as Ports;
}
