import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildName, PlatformInfo } from '@integument/testing';
import { isTaken } from '../ports.js';
import { serverAccount } from '../postgres/account.js';
import type { Command } from '../postgres/server.js';
import { DIST_FOLDER } from '../project-folder.js';
import { type Blueprint, DEMO_STAFF, drawBlueprint, STAFF } from './blueprint.js';
import { Child, type ChildSpec } from './child.js';
import { apps } from './children.js';
import { type DataFolder, type PostgresPlace, prepareDataFolder } from './data-folder.js';
import { type Database, findPlace, platformDatabase, vaultDatabase } from './databases.js';
import { SECRET, writeAtomically } from './files.js';
import { endOrphans } from './orphans.js';
import { anyPorts, LISTENERS, type ListenerName, type RunSettings, WrongSettings } from './settings.js';
import { type SupervisorLock, takeDataFolder } from './supervisor-lock.js';

/** Says one line to whoever started the platform. */
export type Say = (line: string) => void;

/**
 * The embedded run: two PostgreSQL servers, the OpenID provider and the apps, kept running until they are stopped.
 * A killed supervisor leaves them running; the next one on the data folder ends them before it starts its own.
 */
export class Supervisor {
  readonly #groups: Child[][] = [];
  #lock: SupervisorLock | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #info: PlatformInfo | undefined;

  constructor(
    private readonly settings: RunSettings,
    private readonly durable: boolean,
    private readonly say: Say,
    /** for tests of the supervisor itself: the rest isn't started */
    private readonly only: readonly ChildName[] | undefined = undefined,
    private readonly reroute: Reroute = (told) => Promise.resolve(told),
  ) {}

  /** What somebody outside needs; there once the platform runs. */
  get info(): PlatformInfo {
    if (!this.#info) throw new Error('the platform does not run yet');
    return this.#info;
  }

  /** Resolves when everything can do its work. Stops what it started when something can't be brought to. */
  async start(): Promise<void> {
    this.#starting = this.startInOrder();
    try {
      await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops the children, those that use others first, and leaves the data folder to the next supervisor. */
  stop(): Promise<void> {
    this.#stopping ??= this.stopInOrder();
    return this.#stopping;
  }

  child(name: ChildName): Child {
    const found = this.#groups.flat().find((child) => child.spec.name === name);
    if (!found) throw new Error(`${name} is not a child of this supervisor`);
    return found;
  }

  private async startInOrder(): Promise<void> {
    if (!existsSync(join(DIST_FOLDER, 'apps'))) throw new Error('there is no build yet: make build');
    const folder = prepareDataFolder(this.settings.dataFolder, serverAccount());
    this.#lock = takeDataFolder(folder.root);
    const left = await endOrphans(folder.run);
    if (left.length > 0) this.say(`Ended what a killed supervisor left running: ${left.join(', ')}.`);
    const blueprint = await drawBlueprint(this.settings, folder, new Date());
    const place = findPlace(blueprint);
    if (place?.note) this.say(place.note);
    const databases = this.databases(blueprint, place);
    const ours = databases.filter(({ child }) => child && this.isChosen(child));
    await Promise.all(ours.map((database) => database.clear()));
    await refuseTakenPorts(this.settings);
    await Promise.all(ours.map((database) => database.prepare()));
    await this.startChildren(blueprint, databases);
    this.#info = describe(blueprint, databases);
    writeAtomically(folder.demo, JSON.stringify(this.#info, null, 2), SECRET);
  }

  private isChosen({ name }: ChildSpec): boolean {
    return this.only?.includes(name) ?? true;
  }

  private databases(
    blueprint: Blueprint,
    place: PostgresPlace | undefined,
  ): [vault: Database, platform: Database] {
    return [vaultDatabase(blueprint, place, this.durable), platformDatabase(blueprint, place, this.durable)];
  }

  private async startChildren(blueprint: Blueprint, databases: [Database, Database]): Promise<void> {
    const [vault, platform] = databases;
    const servers = databases.flatMap(({ child }) => child ?? []);
    const [provider = [], ...others] = apps(blueprint, {
      vault: vault.info.url,
      platform: platform.info.url,
    });
    await this.startGroup([...servers, ...provider], blueprint.folder);
    const started = databases.filter(({ child }) => child && this.isChosen(child));
    await Promise.all(started.map((database) => database.finish()));
    for (const group of others) {
      const rerouted = await Promise.all(group.map((spec) => this.rerouted(spec)));
      await this.startGroup(rerouted, blueprint.folder);
    }
  }

  private async rerouted(spec: ChildSpec): Promise<ChildSpec> {
    return { ...spec, command: { ...spec.command, env: await this.reroute(spec.command.env) } };
  }

  private async startGroup(specs: ChildSpec[], folder: DataFolder): Promise<void> {
    if (this.#stopping) throw new Error('stopped while starting');
    const folders = { logFolder: folder.logs, runFolder: folder.run };
    const chosen = specs.filter((spec) => this.isChosen(spec));
    const group = chosen.map((spec) => new Child(spec, folders, this.say));
    this.#groups.push(group);
    for (const child of group) child.start();
    await Promise.all(group.map((child) => child.waitReady()));
  }

  private async stopInOrder(): Promise<void> {
    await this.stopChildren();
    // A start that was under way fails by that, at the latest with its next child; only then the folder is free.
    await this.#starting?.catch(() => undefined);
    await this.stopChildren();
    this.#lock?.release();
  }

  private async stopChildren(): Promise<void> {
    for (const group of [...this.#groups].reverse()) {
      // The first group holds the servers and the provider: nothing uses them any more when their turn comes.
      await Promise.all(group.map((child) => child.stop()));
    }
  }
}

/** Settings as an app is told them in place of those that it would be: for a proof that stands between the processes. */
export type Reroute = (told: Command['env']) => Promise<Command['env']>;

export interface StartOptions {
  readonly dataFolder: string;
  /** `free` picks ports that nothing uses, for a platform beside another one */
  readonly ports: 'free' | RunSettings['ports'];
  /** false gives up PostgreSQL's crash safety for speed */
  readonly durable: boolean;
  /** says nothing on standard output */
  readonly quiet: boolean;
  /** starts no other children than these */
  readonly only?: readonly ChildName[];
  /** servers of one's own in place of the embedded ones */
  readonly vaultDatabaseUrl?: string;
  readonly platformDatabaseUrl?: string;
  /** of each app, before it starts */
  readonly reroute?: Reroute;
}

export interface Platform {
  readonly info: PlatformInfo;
  stop(): Promise<void>;
  /** its process id, how it was started, and a way to end it as a crash would */
  child(name: ChildName): Pick<Child, 'pid' | 'spec' | 'kill9'>;
  /** resolves when the child can do its work, again after a crash */
  waitReady(name: ChildName): Promise<void>;
}

/** Starts a platform from the build, for tests and tools. */
export async function startPlatform(options: StartOptions): Promise<Platform> {
  const ports = options.ports === 'free' ? await anyPorts() : options.ports;
  const settings: RunSettings = { ...options, ports, environment: process.env };
  const say: Say = options.quiet ? () => undefined : (line) => console.log(line);
  const supervisor = new Supervisor(settings, options.durable, say, options.only, options.reroute);
  await supervisor.start();
  return {
    info: supervisor.info,
    stop: () => supervisor.stop(),
    child: (name) => supervisor.child(name),
    waitReady: (name) => supervisor.child(name).waitReady(),
  };
}

async function refuseTakenPorts({
  ports,
  vaultDatabaseUrl,
  platformDatabaseUrl,
}: RunSettings): Promise<void> {
  const unused = new Set<ListenerName>();
  if (vaultDatabaseUrl) unused.add('vaultPostgres');
  if (platformDatabaseUrl) unused.add('platformPostgres');
  const names = (Object.keys(LISTENERS) as ListenerName[]).filter((name) => !unused.has(name));
  const taken = await Promise.all(names.map((name) => isTaken(ports[name])));
  const lines = names
    .filter((_, at) => taken[at])
    .map((name) => `port ${ports[name]} (${LISTENERS[name].title}) is taken: set ${LISTENERS[name].setting}`);
  if (lines.length > 0) throw new WrongSettings(lines.join('\n'));
}

function describe(
  { folder, keys, secrets, urls }: Blueprint,
  [vault, platform]: [Database, Database],
): PlatformInfo {
  const { certificate, key } = keys.apiTls;
  return {
    urls,
    demoPassword: secrets.demoPassword,
    clients: {
      'brand-shop': { secret: secrets.brandShop, audience: 'urn:integument:vault' },
      'skin-app': { secret: secrets.skinApp, audience: 'urn:integument:api' },
      'skin-lab': { secret: secrets.skinLab, audience: 'urn:integument:api' },
    },
    registrationToken: secrets.clientRegistration,
    staff: STAFF,
    demoStaff: DEMO_STAFF,
    passkeyFolder: folder.passkeys,
    apiTls: { ca: keys.authority, certificate, key },
    databases: { vault: vault.info, platform: platform.info },
    audit: { vault: keys.vaultAudit.info, api: keys.apiAudit.info },
    dataFolder: folder.root,
    logFolder: folder.logs,
    runFolder: folder.run,
  };
}
