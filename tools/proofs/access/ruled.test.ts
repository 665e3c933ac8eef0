import { NEVER_RULED, RULED_ABILITIES } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { appsOf, declaredRoutes } from '../../docs/routes.js';

const NARROWED = ['staff', 'identity-client', 'health-client'];

/** What staff and clients are asked for at the routes of an app. */
function askedOf(app: 'vault' | 'api'): Set<string> {
  const routes = declaredRoutes().filter(
    (route) => appsOf(route).includes(app) && route.audience.some((kind) => NARROWED.includes(kind)),
  );
  return new Set(routes.flatMap(({ ability }) => (ability ? [`${ability.action} ${ability.resource}`] : [])));
}

describe.each(['vault', 'api'] as const)('of what staff and clients are asked for at the %s', (app) => {
  const ruled = Object.keys(RULED_ABILITIES[app]);

  it('each can be narrowed by a stored rule, or is left out for a reason', () => {
    const left = [...askedOf(app)].filter((name) => !ruled.includes(name) && !NEVER_RULED.has(name));
    expect(left).toEqual([]);
    expect(ruled.filter((name) => NEVER_RULED.has(name))).toEqual([]);
  });

  it('nothing else can', () => {
    expect(ruled.filter((name) => !askedOf(app).has(name))).toEqual([]);
  });
});
