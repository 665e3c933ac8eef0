import { makeTokens } from '@integument/contracts';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import { emptyTokens, fillTokens } from '../filled-tokens.js';
import type { PeopleServer } from '../limits/people-server.js';
import type { TransitAddress } from '../limits/transit-stand-in.js';
import { ShopLoad } from '../load/shop-load.js';
import { SideProcess } from '../side-process.js';
import { syntheticValues } from '../synthetic-values.js';
import { auditIsIntegrated, emptyVaultDatabase } from '../vault-database.js';

const CALLS = 20;
const TOKENS = 1_000;
const POSTS = { route: makeTokens, connections: 2, status: 200 } as const;
const ROUNDS = 15;

/** Batches into a table that holds a million tokens, against batches into an empty one. */
export const tokenizeAt1m = tokenizeAt('tokenize.at_1m', 1_000_000);

export const tokenizeAt10m: Figure = { ...tokenizeAt('tokenize.at_10m', 10_000_000), long: true };

/** Batches with the root key at HashiCorp Vault, against batches with it in a file: once warm, no call goes there. */
export const tokenizeHashicorp: Figure = {
  name: 'tokenize.batch.hashicorp',
  unit: 'tokens/s',
  target: 0.9,
  higherIsBetter: true,
  rounds: ROUNDS,
  async open({ info }) {
    const standIn = new SideProcess<object, TransitAddress>('./limits/transit-stand-in.js');
    const vaults = new Vaults(info);
    const away = await vaults.serve('bench_hashicorp', await standIn.ask({}));
    const here = await vaults.serve('bench_embedded');
    return {
      figure: () => vaults.tokenize(away),
      limit: () => vaults.tokenize(here),
      async close() {
        await vaults.end();
        await standIn.end();
      },
    };
  },
};

function tokenizeAt(name: string, size: number): Figure {
  return {
    name,
    unit: 'tokens/s',
    target: 0.8,
    higherIsBetter: true,
    rounds: ROUNDS,
    async open({ info }) {
      const vaults = new Vaults(info);
      const filled = await vaults.serve(`bench_tokens_${size}`);
      const empty = await vaults.serve(`bench_no_tokens_${size}`);
      await fillTokens(filled.database, size);
      return {
        figure: () => vaults.tokenize(filled),
        async limit() {
          await emptyTokens(empty.database);
          return vaults.tokenize(empty);
        },
        close: () => vaults.end(),
      };
    },
  };
}

interface Served {
  readonly port: number;
  readonly database: string;
}

/** Vaults on databases of their own, in one process. */
class Vaults {
  readonly #load: ShopLoad;
  readonly #servers = new SideProcess<PeopleServer, { port: number }>('./limits/people-server.js');

  constructor(private readonly info: Bench['info']) {
    this.#load = new ShopLoad(info);
  }

  async serve(name: string, transit?: TransitAddress): Promise<Served> {
    const database = await emptyVaultDatabase(this.info.databases.vault, name);
    const asked = { database, issuer: this.info.urls.issuer, audited: true, ...(transit && { transit }) };
    return { database, ...(await this.#servers.ask(asked)) };
  }

  /** @returns tokens a second, full batches */
  async tokenize({ port, database }: Served): Promise<number> {
    const bodies = Array.from({ length: CALLS }, () => ({ values: syntheticValues(TOKENS) }));
    const rate = await this.#load.on(`http://127.0.0.1:${port}`, { ...POSTS, bodies });
    await auditIsIntegrated({ ...this.info.databases.vault, url: database });
    return rate * TOKENS;
  }

  async end(): Promise<void> {
    await Promise.all([this.#load.end(), this.#servers.end()]);
  }
}
