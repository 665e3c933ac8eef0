import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import { forgetData } from '../tools/run/data-folder.js';
import { type Platform, startPlatform } from '../tools/run/platform.js';
import { NEVER_REACHED, NEVER_REACHED_BY_STAFF } from './never-reached.js';

/** What figures are measured on: a platform from the build, as `make run` starts it, with nobody else on it. */
export class Bench {
  private constructor(
    private readonly platform: Platform,
    /** figures may put files here; it goes with the bench, however that ends */
    readonly dataFolder: string,
  ) {}

  /** In a folder of its own with all of PostgreSQL's crash safety: an insert that isn't durable is no insert. */
  static async start(): Promise<Bench> {
    const dataFolder = mkdtempSync(join(tmpdir(), 'integument-bench-'));
    chmodSync(dataFolder, 0o711); // as root, PostgreSQL runs as another account, which has to get through
    process.env.LIMITS_CLIENT ??= NEVER_REACHED;
    process.env.LIMITS_STAFF ??= NEVER_REACHED_BY_STAFF;
    process.env.LIMITS_PERSON ??= NEVER_REACHED_BY_STAFF;
    try {
      const platform = await startPlatform({ dataFolder, ports: 'free', durable: true, quiet: true });
      return new Bench(platform, dataFolder);
    } catch (error) {
      forgetData(dataFolder);
      throw error;
    }
  }

  get info(): PlatformInfo {
    return this.platform.info;
  }

  /** What a second replica of the vault needs to know, besides its own ports. */
  get vaultEnvironment(): NodeJS.ProcessEnv {
    return this.platform.child('vault').spec.command.env;
  }

  /** The vault's process id. */
  get vaultProcess(): number {
    const { pid } = this.platform.child('vault');
    if (pid === undefined) throw new Error('the vault does not run');
    return pid;
  }

  async stop(): Promise<void> {
    await this.platform.stop();
    forgetData(this.dataFolder);
  }
}
