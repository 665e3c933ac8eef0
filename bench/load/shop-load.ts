import type { PlatformInfo } from '@integument/testing';
import { clientToken } from '../../tools/outside/client-token.js';
import { CLIENT } from '../made-tokens.js';
import { auditIsIntegrated } from '../vault-database.js';
import { Load, request } from './load.js';

/** How the bodies of a measurement go out, each in a request of its own. */
export interface Posts {
  readonly route: { readonly path: string };
  readonly bodies: readonly object[];
  readonly connections: number;
  /** that each must be answered with */
  readonly status: number;
}

/** What the demo shop asks the vault, and whatever the vault is measured against. */
export class ShopLoad {
  readonly #load = new Load();

  constructor(private readonly info: PlatformInfo) {}

  /** @returns requests a second, with the audit log at rest behind them */
  async onVault(posts: Posts): Promise<number> {
    const { urls, databases } = this.info;
    const rate = await this.on(urls.vault, posts);
    await auditIsIntegrated(databases.vault);
    return rate;
  }

  /** The same bytes, access token included, also where nobody looks at it: receiving them is no part of what is measured. @returns requests a second */
  async on(origin: string, { route, bodies, connections, status }: Posts): Promise<number> {
    const token = await clientToken(this.info, CLIENT);
    const url = new URL(route.path, origin);
    const requests = bodies.map((body) => request('POST', url, { token, body }));
    return this.#load.put({ port: Number(url.port), connections, count: bodies.length, status, requests });
  }

  end(): Promise<void> {
    return this.#load.end();
  }
}
