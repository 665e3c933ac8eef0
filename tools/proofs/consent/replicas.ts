import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformInfo, SeededRandom } from '@integument/testing';
import { freePorts } from '../../ports.js';
import { answers, Child } from '../../run/child.js';
import { forgetData } from '../../run/data-folder.js';
import { type Platform, startPlatform } from '../../run/platform.js';
import { DelayProxy } from './delay-proxy.js';

/** Of each piece of what an API and its database, or the vault, say to each other. */
const LONGEST_PAUSE_MS = 20;
/** All requests come from one address, and of a few people, who ask for more than anybody should. */
const NEVER_REACHED = {
  LIMITS_PERSON: quotas(6_000, 'read', 'write', 'bulk', 'reveal', 'sign-in', 'public'),
  LIMITS_ADDRESS: quotas(1_000_000, 'sign-in', 'public', 'refused'),
};

export const TARGETS = ['replica', 'vault', 'platform-postgres'] as const;
export type Target = (typeof TARGETS)[number];

/** A platform with two replicas of the API besides its own, whose ways to the database and to the vault are slow and uneven. */
export class SlowReplicas {
  private constructor(
    private readonly platform: Platform,
    private readonly folder: string,
    private readonly replicas: readonly Child[],
    private readonly proxies: readonly DelayProxy[],
    /** of each replica */
    readonly urls: readonly string[],
  ) {}

  static async start(random: SeededRandom): Promise<SlowReplicas> {
    const folder = mkdtempSync(join(tmpdir(), 'integument-slow-'));
    chmodSync(folder, 0o711); // as root, PostgreSQL runs as another account, which has to get through
    Object.assign(process.env, NEVER_REACHED, { GATE_PATIENCE_SECONDS: '10' });
    const platform = await startPlatform({ dataFolder: folder, ports: 'free', durable: true, quiet: true });
    const proxies: DelayProxy[] = [];
    const before = async (url: string) => {
      const moved = new URL(url);
      const proxy = await DelayProxy.before(Number(moved.port), LONGEST_PAUSE_MS, random);
      proxies.push(proxy);
      moved.port = String(proxy.port);
      return moved.href.replace(/\/$/, '');
    };
    const ports = await freePorts(2);
    const replicas: Child[] = [];
    for (const port of ports) {
      const { command, ...spec } = platform.child('api').spec;
      const env = {
        ...command.env,
        API_PORT: String(port),
        PLATFORM_DATABASE_POOL: '40',
        PLATFORM_DATABASE_URL: await before(platform.info.databases.platform.url),
        VAULT_INTERNAL_URL: await before(platform.info.urls.vaultInternal),
      };
      const own = mkdtempSync(join(folder, 'replica-'));
      replicas.push(
        new Child(
          {
            ...spec,
            command: { ...command, env },
            ready: () => answers(`http://127.0.0.1:${port}/readyz`),
          },
          { logFolder: own, runFolder: own },
          () => undefined,
        ),
      );
    }
    const urls = ports.map((port) => `http://localhost:${port}`);
    const slow = new SlowReplicas(platform, folder, replicas, proxies, urls);
    for (const replica of replicas) replica.start();
    await slow.waitReady().catch(async (error: unknown) => {
      await slow.stop();
      throw error;
    });
    return slow;
  }

  get info(): PlatformInfo {
    return this.platform.info;
  }

  /** Ends it as a crash would, and resolves when everything works again. */
  async kill(target: Target, random: SeededRandom): Promise<void> {
    await (target === 'replica' ? random.pick(this.replicas) : this.platform.child(target)).kill9();
    if (target !== 'replica') await this.platform.waitReady(target);
    await this.waitReady();
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    for (const proxy of this.proxies) proxy.close();
    await this.platform.stop();
    forgetData(this.folder);
    for (const name of [...Object.keys(NEVER_REACHED), 'GATE_PATIENCE_SECONDS']) delete process.env[name];
  }

  private async waitReady(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.waitReady()));
  }
}

function quotas(quota: number, ...classes: readonly string[]): string {
  return classes.map((name) => `${name}=${quota}`).join(',');
}
