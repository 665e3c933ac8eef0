import { noop, readSession } from '@integument/contracts';
import { signIn } from '../../tools/outside/browser.js';
import { clientToken } from '../../tools/outside/client-token.js';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';

const LOAD = { connections: 64, count: 30_000, status: 200 } as const;

type Credentials = { readonly token: string } | { readonly cookie: string };

/** What it costs to know a client by its token, to ask for its ability and to count its request. */
export const authzRequest = guardedRoute('authz.request', noop.path, ({ info }) => async () => ({
  token: await clientToken(info, 'brand-shop'),
}));

/** The same for staff by a session's cookie: the session is looked up, its second factor asked for. */
export const authzSession = guardedRoute('authz.session', readSession.path, ({ info }) => {
  const signedIn = signIn(info, info.staff.auditor);
  return async () => ({ cookie: (await signedIn).cookiesFor(new URL(info.urls.vault)) });
});

function guardedRoute(
  name: string,
  path: string,
  visit: (bench: Bench) => () => Promise<Credentials>,
): Figure {
  return {
    name,
    unit: 'requests/s',
    target: 0.77,
    higherIsBetter: true,
    rounds: 25,
    async open(bench) {
      const load = new Load();
      const unguarded = new SideProcess<object, { port: number }>('./limits/unguarded-server.js');
      const { port } = await unguarded.ask({});
      const credentials = visit(bench);
      const put = async (to: number) => {
        // The same bytes to both: receiving them is no part of what is measured.
        const requests = [request('GET', new URL(path, `http://127.0.0.1:${to}`), await credentials())];
        return load.put({ ...LOAD, port: to, requests });
      };
      return {
        figure: () => put(Number(new URL(bench.info.urls.vault).port)),
        limit: () => put(port),
        async close() {
          await Promise.all([load.end(), unguarded.end()]);
        },
      };
    },
  };
}
