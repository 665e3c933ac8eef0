import type { Policy } from '@integument/authz';
import { apiPolicies } from '../../apps/api/src/platform/policies.js';
import { vaultPolicies } from '../../apps/vault/src/platform/policies.js';
import { REACHES } from './ability-words.js';
import { GENERATED } from './generated.js';
import { type Grants, grantsOf, ROLES } from './granted.js';
import { appsOf, declaredRoutes } from './routes.js';

const INTRODUCTION = `# Abilities

${GENERATED}

Who may do what, from the policies of both apps (\`*.policy.ts\`): what stands in no table nobody may do, since there is only granting. A member of staff with more than one role may do what
each of them may. A number is a condition, in words below its table, as is which objects an ability reaches. A route of [routes.md](routes.md) that isn't
open to anybody asks for exactly one ability. A caller sees their own at \`GET /v1/me/abilities\`.
`;

const APPS = {
  vault: { heading: 'Vault', policies: vaultPolicies },
  api: { heading: 'API', policies: apiPolicies },
} as const;

/** The text of docs/abilities.md. */
export function renderAbilities(): string {
  const sections = (['vault', 'api'] as const).map((app) => section(app, APPS[app].policies));
  return [INTRODUCTION, ...sections].join('\n');
}

function section(app: keyof typeof APPS, policies: readonly Policy[]): string {
  const roles = Object.entries(ROLES).map(([role, callers]) => ({
    role,
    grants: grantsOf(policies, callers()),
  }));
  const names = [...new Set(roles.flatMap(({ grants }) => [...grants.keys()]))].sort(byResource);
  const conditions = [...new Set(names.flatMap((name) => roles.flatMap(({ grants }) => said(grants, name))))];
  const rows = names.map((name) => {
    const cells = roles.map(({ grants }) => cell(grants, name, conditions));
    return `| \`${name}\` | ${cells.join(' | ')} | ${neededBy(app, name)} |`;
  });
  const resources = [...new Set(names.map((name) => name.split(' ')[1] ?? ''))];
  return [
    `## ${APPS[app].heading}`,
    '',
    `| Ability | ${roles.map(({ role }) => role).join(' | ')} | Routes |`,
    `| --- | ${roles.map(() => ':-:').join(' | ')} | --- |`,
    ...rows,
    '',
    ...conditions.map((words, at) => `${at + 1}. ${words}`),
    '',
    'Which objects:',
    '',
    ...resources.map((resource) => `- \`${resource}\`: ${reach(app, resource)}`),
    '',
  ].join('\n');
}

/** @returns the condition of a cell, in words; none where there is nothing or no condition */
function said(grants: Grants, name: string): string[] {
  const words = grants.get(name) ?? [];
  return words.length > 0 ? [words.join('; or ')] : [];
}

function cell(grants: Grants, name: string, conditions: readonly string[]): string {
  if (!grants.has(name)) return '–';
  const [words] = said(grants, name);
  return words === undefined ? 'yes' : `${conditions.indexOf(words) + 1}`;
}

function reach(app: keyof typeof REACHES, resource: string): string {
  const words = REACHES[app][resource];
  if (words === undefined) throw new Error(`tools/docs/ability-words.ts has no words for ${resource}`);
  return words;
}

function neededBy(app: keyof typeof APPS, name: string): string {
  const needing = declaredRoutes().filter(
    (route) => appsOf(route).includes(app) && `${route.ability?.action} ${route.ability?.resource}` === name,
  );
  // One that no route asks for is a leftover, or its route was forgotten.
  if (needing.length === 0) throw new Error(`no route of the ${app} needs ${name}`);
  return needing.map(({ method, path }) => `\`${method} ${path}\``).join(', ');
}

function byResource(one: string, other: string): number {
  const turned = (name: string) => name.split(' ').reverse().join(' ');
  return turned(one) < turned(other) ? -1 : 1;
}
