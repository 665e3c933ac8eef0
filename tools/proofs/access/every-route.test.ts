import { audienceOf, buildAbility } from '@integument/authz';
import { describe, expect, it } from 'vitest';
import { apiPolicies } from '../../../apps/api/src/platform/policies.js';
import { vaultPolicies } from '../../../apps/vault/src/platform/policies.js';
import { appsOf, declaredRoutes } from '../../docs/routes.js';
import { everyCaller } from './callers.fixture.js';
import { PUBLIC_ROUTES } from './public-routes.fixture.js';

const POLICIES = { vault: vaultPolicies, api: apiPolicies };
const routes = declaredRoutes();
/** A client's token is of one app, and neither knows the other's clients. */
const NOT_OF = { vault: 'health-client', api: 'identity-client' };

describe('of all routes of both apps, the internal ones too', () => {
  it('each asks for an ability, but for those that are open for a reason', () => {
    const open = routes.filter(({ audience }) => (audience as string[]).includes('public'));
    expect(open.map(({ id }) => id).sort()).toEqual(Object.keys(PUBLIC_ROUTES).sort());
    expect(open.filter(({ ability }) => ability)).toEqual([]);
    const without = routes.filter(({ id, ability }) => !ability && !Object.hasOwn(PUBLIC_ROUTES, id));
    expect(without.map(({ id }) => id)).toEqual([]);
  });

  it('each has a name, and a method and path, of its own', () => {
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
    // As a router takes them: the name of a parameter makes no difference.
    const shapes = routes.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`);
    expect(new Set(shapes).size).toBe(routes.length);
  });

  it('each is for the API’s process alone where its path is internal, and never elsewhere', () => {
    for (const { id, path, audience } of routes) {
      const internal = path.startsWith('/internal/');
      expect([id, (audience as string[]).includes('api-process')]).toEqual([id, internal]);
      if (internal) expect([id, audience]).toEqual([id, ['api-process']]);
    }
  });

  it('each asks for what some of each kind that it addresses may, and no other kind', () => {
    for (const route of routes) {
      const { ability } = route;
      if (!ability) continue;
      for (const app of appsOf(route)) {
        const granted = everyCaller()
          .filter(({ caller }) => buildAbility(POLICIES[app], caller).can(ability.action, ability.resource))
          .map(({ caller }) => audienceOf(caller));
        const addressed = route.audience.filter((kind) => kind !== NOT_OF[app]);
        expect([route.id, app, [...new Set(granted)].sort()]).toEqual([route.id, app, [...addressed].sort()]);
      }
    }
  });
});
