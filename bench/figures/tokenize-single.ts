import { makeToken, revealToken } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Figure } from '../figure.js';
import type { BareRoute } from '../limits/bare-server.js';
import { Load, request } from '../load/load.js';
import { CLIENT, someTokens, storedToken, WISH } from '../made-tokens.js';
import { SideProcess } from '../side-process.js';
import { syntheticValues } from '../synthetic-values.js';
import { auditIsIntegrated, twinOfVaultDatabase } from '../vault-database.js';

const LOAD = { connections: 16, count: 6_000 } as const;

/** One value a request, against a bare route that inserts a row of as many bytes. */
export const tokenizeSingle: Figure = {
  name: 'tokenize.single',
  unit: 'tokens/s',
  target: 0.9,
  higherIsBetter: true,
  rounds: 11,
  async open({ info }) {
    const { vault } = info.databases;
    const load = new Load();
    const bare = new SideProcess<BareRoute, { port: number }>('./limits/bare-server.js');
    const database = await twinOfVaultDatabase(vault, 'bench_tokenize_single');
    const { port } = await bare.ask({ route: 'tokenize', database });
    const url = new URL(makeToken.path, info.urls.vault);
    const requests = (to: URL, token: string) =>
      syntheticValues(LOAD.count).map((body) => request('POST', to, { body, token }));
    return {
      async figure() {
        const token = await clientToken(info, CLIENT);
        const order = { ...LOAD, port: Number(url.port), status: 201, requests: requests(url, token) };
        const rate = await load.put(order);
        await auditIsIntegrated(vault);
        return rate;
      },
      async limit() {
        // The same bytes, access token included: receiving them is no part of what is measured.
        const token = await clientToken(info, CLIENT);
        const to = new URL(makeToken.path, `http://127.0.0.1:${port}`);
        return load.put({ ...LOAD, port, status: 201, requests: requests(to, token) });
      },
      async close() {
        await Promise.all([load.end(), bare.end()]);
      },
    };
  },
};

/** One token a request, against a bare route that reads the same row of the same table. */
export const revealSingle: Figure = {
  name: 'reveal.single',
  unit: 'tokens/s',
  target: 0.6,
  higherIsBetter: true,
  rounds: 11,
  async open({ info }) {
    const { vault } = info.databases;
    const load = new Load();
    const bare = new SideProcess<BareRoute, { port: number }>('./limits/bare-server.js');
    const { port } = await bare.ask({ route: 'reveal', database: vault.url });
    const tokens = await someTokens(info, LOAD.count);
    const url = new URL(revealToken.path, info.urls.vault);
    return {
      async figure() {
        const token = await clientToken(info, CLIENT);
        const requests = tokens.map((one) => request('POST', url, { token, body: { token: one, ...WISH } }));
        const rate = await load.put({ ...LOAD, port: Number(url.port), status: 200, requests });
        await auditIsIntegrated(vault);
        return rate;
      },
      async limit() {
        const token = await clientToken(info, CLIENT);
        const to = new URL(revealToken.path, `http://127.0.0.1:${port}`);
        const requests = tokens.map((one) =>
          request('POST', to, { token, body: { token: storedToken(one).toString('hex'), ...WISH } }),
        );
        return load.put({ ...LOAD, port, status: 200, requests });
      },
      async close() {
        await Promise.all([load.end(), bare.end()]);
      },
    };
  },
};
