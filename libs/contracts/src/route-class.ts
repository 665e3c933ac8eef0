/**
 * What a route counts as where requests are limited: each class has an allowance of its own, so that a client that has spent
 * its reveals can still read.
 *
 * - `check`: does nothing but answer; for monitors and the load bench
 * - `read`, `write`: what their methods say
 * - `bulk`: many rows, or much work, in one request
 * - `reveal`: plain values, or whether a value is known here
 * - `sign-in`: makes or ends a session
 * - `public`: answers anybody
 * - `internal`: between our own processes, not limited
 */
export const ROUTE_CLASSES = [
  'check',
  'read',
  'write',
  'bulk',
  'reveal',
  'sign-in',
  'public',
  'internal',
] as const;
export type RouteClass = (typeof ROUTE_CLASSES)[number];

/** What of a contract decides it. */
interface Classed {
  readonly routeClass?: RouteClass;
  readonly audience: readonly string[];
  readonly method: string;
}

/** As the contract declares it, or else by who may call and by its method. */
export function routeClassOf({ routeClass, audience, method }: Classed): RouteClass {
  if (routeClass) return routeClass;
  if (audience.every((who) => who === 'api-process')) return 'internal';
  if (audience.includes('public')) return 'public';
  return method === 'GET' ? 'read' : 'write';
}
