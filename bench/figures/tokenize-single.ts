import { makeToken, revealToken } from '@integument/contracts';
import type { Figure } from '../figure.js';
import type { BareRoute } from '../limits/bare-server.js';
import { ShopLoad } from '../load/shop-load.js';
import { someTokens, storedToken, WISH } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';
import { syntheticValues } from '../synthetic-values.js';
import { twinOfVaultDatabase } from '../vault-database.js';

const COUNT = 6_000;
const CONNECTIONS = 16;
const SINGLE = { unit: 'tokens/s', higherIsBetter: true, rounds: 11 } as const;

/** One value a request, against a bare route that inserts a row of as many bytes. */
export const tokenizeSingle: Figure = {
  ...SINGLE,
  name: 'tokenize.single',
  target: 0.9,
  async open({ info }) {
    const load = new ShopLoad(info);
    const database = await twinOfVaultDatabase(info.databases.vault, 'bench_tokenize_single');
    const bare = await serveBare({ route: 'tokenize', database });
    const posts = () => ({
      ...{ route: makeToken, connections: CONNECTIONS, status: 201 },
      bodies: syntheticValues(COUNT),
    });
    return {
      figure: () => load.onVault(posts()),
      limit: () => load.on(bare.origin, posts()),
      close: () => endOf(load, bare),
    };
  },
};

/** One token a request, against a bare route that reads the same row of the same table. */
export const revealSingle: Figure = {
  ...SINGLE,
  name: 'reveal.single',
  target: 0.6,
  async open({ info }) {
    const load = new ShopLoad(info);
    const bare = await serveBare({ route: 'reveal', database: info.databases.vault.url });
    const tokens = await someTokens(info, COUNT);
    const posts = (of: readonly string[]) => ({
      ...{ route: revealToken, connections: CONNECTIONS, status: 200 },
      bodies: of.map((token) => ({ token, ...WISH })),
    });
    const stored = tokens.map((token) => storedToken(token).toString('hex'));
    return {
      figure: () => load.onVault(posts(tokens)),
      limit: () => load.on(bare.origin, posts(stored)),
      close: () => endOf(load, bare),
    };
  },
};

interface Bare {
  readonly origin: string;
  end(): Promise<void>;
}

async function serveBare(route: BareRoute): Promise<Bare> {
  const server = new SideProcess<BareRoute, { port: number }>('./limits/bare-server.js');
  const { port } = await server.ask(route);
  return { origin: `http://127.0.0.1:${port}`, end: () => server.end() };
}

async function endOf(load: ShopLoad, bare: Bare): Promise<void> {
  await Promise.all([load.end(), bare.end()]);
}
