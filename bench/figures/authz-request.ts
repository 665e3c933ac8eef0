import { noop, readSession } from '@integument/contracts';
import { signIn } from '../../tools/outside/browser.js';
import { clientToken } from '../../tools/outside/client-token.js';
import { anyPorts } from '../../tools/run/settings.js';
import type { Bench } from '../bench.js';
import type { Figure } from '../figure.js';
import type { TwinAnswer, TwinQuestion } from '../limits/twin-vault.js';
import { Load, request } from '../load/load.js';
import { SideProcess } from '../side-process.js';

// Short turns and many: a shared machine's speed changes within seconds, and both of a round should meet the same.
const LOAD = { connections: 64, count: 10_000, status: 200 } as const;
const ROUNDS = 75;

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
    rounds: ROUNDS,
    async open(bench) {
      const load = new Load();
      const { vault, vaultInternal } = await anyPorts();
      const ports = {
        VAULT_PORT: String(vault),
        VAULT_INTERNAL_PORT: String(vaultInternal),
        LOG_LEVEL: 'error',
      };
      const twins = new SideProcess<TwinQuestion, TwinAnswer>('./limits/twin-vault.js');
      const { unguarded } = await twins.ask({ environment: { ...bench.vaultEnvironment, ...ports } });
      const credentials = visit(bench);
      const put = async (to: number) => {
        // The same bytes to both: receiving them is no part of what is measured.
        const requests = [request('GET', new URL(path, `http://127.0.0.1:${to}`), await credentials())];
        return load.put({ ...LOAD, port: to, requests });
      };
      return {
        figure: () => put(vault),
        limit: () => put(unguarded),
        async close() {
          await Promise.all([load.end(), twins.end()]);
        },
      };
    },
  };
}
