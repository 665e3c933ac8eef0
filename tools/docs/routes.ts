import type { Audience, RouteContract } from '@integument/contracts';
import * as contracts from '@integument/contracts';
import { GENERATED } from './generated.js';

const INTRODUCTION = `# Routes

${GENERATED}

Every route there is, from the contracts in \`libs/contracts/src\`. What isn't declared there doesn't exist: an app with a route beside them doesn't start. Each app also answers
\`/healthz\`, \`/readyz\`, \`/openapi.json\` and \`/docs\`; the internal listener has no documents.

**Who** may call at all; **asks** is the ability that the caller must have besides, decided by the app's policies (\`*.policy.ts\`): [abilities.md](abilities.md) says who has it. Staff must have used a second factor in their session; within five minutes where it says "fresh factor"; not at all
where it says "no factor". Clients whose tokens are bound to a key prove it everywhere ([clients.md](clients.md)), and all must where it says "proof of key". "anybody" needs no sign-in: what such a route hands in or out
is its own credential (a one-time code, a claim), or nothing of anybody's. **Class** says which allowance of requests a route
is taken from (the settings \`LIMITS_…\`); above it comes \`request.rate_limited\`, 429. Refusals come as problem+json with a stable code; those beyond the general ones are named.
`;

const AUDIENCES: Readonly<Record<Audience, string>> = {
  public: 'anybody',
  person: 'person',
  staff: 'staff',
  'identity-client': 'identity client',
  'health-client': 'health client',
  'api-process': 'the API’s process',
};

/** Routes that both apps have, each for its own log and callers. */
const OF_BOTH = /^(audit\.|session\.noop|abilities\.)/;
const OF_THE_API =
  /^(sessions|consent|opt_outs|register|faults|readings|products|events|recommendations|cohort_facts|cohorts|holds)\./;

/** The text of docs/routes.md. */
export function renderRoutes(): string {
  const routes = declaredRoutes();
  const internal = routes.filter(({ path }) => path.startsWith('/internal/'));
  const open = routes.filter(({ path }) => !path.startsWith('/internal/'));
  const of = (apps: string) => open.filter((route) => appsOf(route).join() === apps);
  return [
    INTRODUCTION,
    section('Vault', of('vault')),
    section('API', of('api')),
    section('Both, each for itself', of('vault,api')),
    section('Vault, internal listener: mutual TLS, no identity in any reply', internal),
  ].join('\n');
}

/** The apps that a route belongs to. */
export function appsOf({ id }: RouteContract): readonly ('vault' | 'api')[] {
  if (OF_BOTH.test(id)) return ['vault', 'api'];
  return OF_THE_API.test(id) ? ['api'] : ['vault'];
}

/** Every contract that the library exports, each once. */
export function declaredRoutes(): RouteContract[] {
  const found = new Set(Object.values<unknown>(contracts).filter(isRoute));
  return [...found].sort(
    (a, b) => a.path.localeCompare(b.path, 'en') || a.method.localeCompare(b.method, 'en'),
  );
}

function isRoute(value: unknown): value is RouteContract {
  return (
    typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'audience' in value
  );
}

function section(heading: string, routes: readonly RouteContract[]): string {
  const rows = routes.map((route) => {
    const { method, path, summary, audience, ability, problems = [] } = route;
    return `| \`${method} ${path}\` | ${summary.replaceAll('|', '\\|')} | ${audience.map((who) => AUDIENCES[who]).join(', ')} | ${
      ability ? `\`${ability.action} ${ability.resource}\`${marksOf(route)}` : '–'
    } | ${contracts.routeClassOf(route)} | ${problems.map((code) => `\`${code}\``).join(' ') || '–'} |`;
  });
  return [
    `## ${heading}`,
    '',
    '| Route | What it does | Who | Asks | Class | Refuses with |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function marksOf({ factor, stepUp, dpop }: RouteContract): string {
  const ofStaff = stepUp ? ', fresh factor' : factor === 'optional' ? ', no factor' : '';
  return dpop ? `${ofStaff}, proof of key` : ofStaff;
}
