import { noop } from '@integument/contracts';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Figure } from '../figure.js';
import type { BareRoute } from '../limits/bare-server.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';

const LOAD = { connections: 64, count: 30_000, status: 200 } as const;

/** What authentication, guard, contract and Nest cost: a route that does nothing else, against Fastify without them. */
export const httpNoop: Figure = {
  name: 'http.noop',
  unit: 'requests/s',
  target: 0.7,
  higherIsBetter: true,
  rounds: 25,
  async open({ info }) {
    const load = new Load();
    const bare = new SideProcess<BareRoute, { port: number }>('./limits/bare-server.js');
    const { port } = await bare.ask({ route: 'noop' });
    const route = new URL(noop.path, info.urls.vault);
    return {
      async figure() {
        const requests = [request('GET', route, { token: await clientToken(info, 'brand-shop') })];
        return load.put({ ...LOAD, port: Number(route.port), requests });
      },
      async limit() {
        // The same bytes, token included: receiving them is no part of what is measured.
        const token = await clientToken(info, 'brand-shop');
        const requests = [request('GET', new URL(noop.path, `http://127.0.0.1:${port}`), { token })];
        return load.put({ ...LOAD, port, requests });
      },
      async close() {
        await Promise.all([load.end(), bare.end()]);
      },
    };
  },
};
