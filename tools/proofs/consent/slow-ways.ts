import type { SeededRandom } from '@integument/testing';
import type { Reroute } from '../../run/platform.js';
import { DelayProxy } from './delay-proxy.js';

/** Of each piece of what two processes say to each other. */
const LONGEST_PAUSE_MS = 20;
/** Settings that say where another process is. */
const WAYS = ['PLATFORM_DATABASE_URL', 'VAULT_DATABASE_URL', 'VAULT_INTERNAL_URL'] as const;

/** Slow and uneven ways, one of its own for each app to each database and to the vault. */
export class SlowWays {
  readonly #proxies: DelayProxy[] = [];

  constructor(private readonly random: SeededRandom) {}

  readonly reroute: Reroute = async (told) => {
    const slow = { ...told };
    for (const name of WAYS) {
      const url = told[name];
      if (url !== undefined) slow[name] = await this.to(url);
    }
    return slow;
  };

  close(): void {
    for (const proxy of this.#proxies) proxy.close();
  }

  private async to(url: string): Promise<string> {
    const moved = new URL(url);
    const proxy = await DelayProxy.before(Number(moved.port), LONGEST_PAUSE_MS, this.random);
    this.#proxies.push(proxy);
    moved.port = String(proxy.port);
    return moved.href.replace(/\/$/, '');
  }
}
