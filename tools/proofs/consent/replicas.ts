import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformInfo, SeededRandom } from '@integument/testing';
import { freePorts } from '../../ports.js';
import { answers, Child } from '../../run/child.js';
import { forgetData } from '../../run/data-folder.js';
import { type Platform, startPlatform } from '../../run/platform.js';
import { SlowWays } from './slow-ways.js';

/** All requests come from one address, of a few people and one shop, who ask for more than anybody should. */
const NEVER_REACHED = {
  LIMITS_PERSON: quotas(6_000, 'read', 'write', 'bulk', 'reveal', 'sign-in', 'public'),
  LIMITS_CLIENT: quotas(60_000, 'read', 'write', 'bulk'),
  LIMITS_ADDRESS: quotas(1_000_000, 'sign-in', 'public', 'refused'),
};
/** Transactions are long where each piece is slow: more of them are under way. */
const POOLS = { VAULT_DATABASE_POOL: '40' };
const SETTINGS = { ...NEVER_REACHED, ...POOLS, GATE_PATIENCE_SECONDS: '10' };

/** Everything that has a part in what a person decides. */
export const TARGETS = ['replica', 'vault', 'worker', 'platform-postgres', 'vault-postgres'] as const;
export type Target = (typeof TARGETS)[number];

/** A platform with two replicas of the API besides its own, in which every way from an app to a database, or to the vault, is slow and uneven. */
export class SlowReplicas {
  private constructor(
    private readonly platform: Platform,
    private readonly folder: string,
    private readonly replicas: readonly Child[],
    private readonly ways: SlowWays,
    /** of each replica */
    readonly urls: readonly string[],
  ) {}

  static async start(random: SeededRandom): Promise<SlowReplicas> {
    const folder = mkdtempSync(join(tmpdir(), 'integument-slow-'));
    chmodSync(folder, 0o711); // as root, PostgreSQL runs as another account, which has to get through
    Object.assign(process.env, SETTINGS);
    const ways = new SlowWays(random);
    const platform = await startPlatform({
      dataFolder: folder,
      ports: 'free',
      durable: true,
      quiet: true,
      reroute: ways.reroute,
    });
    const ports = await freePorts(2);
    const replicas: Child[] = [];
    for (const port of ports) {
      const { command, ...spec } = platform.child('api').spec;
      const env = await ways.reroute({
        ...command.env,
        API_PORT: String(port),
        PLATFORM_DATABASE_POOL: '40',
        PLATFORM_DATABASE_URL: platform.info.databases.platform.url,
        VAULT_INTERNAL_URL: platform.info.urls.vaultInternal,
      });
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
    const slow = new SlowReplicas(platform, folder, replicas, ways, urls);
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
    await this.platform.stop();
    this.ways.close();
    forgetData(this.folder);
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
  }

  private async waitReady(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.waitReady()));
  }
}

function quotas(quota: number, ...classes: readonly string[]): string {
  return classes.map((name) => `${name}=${quota}`).join(',');
}
