import { createHash } from 'node:crypto';
import { type RouteContract, STAFF_ROLES } from '@integument/contracts';
import { buildAbility, type Policy } from './ability.js';
import { type Caller, client, person, process, staff } from './caller.js';

const DIGITS = 12;

/**
 * Names the rules by which an app decides, so that the audit log can say which were in force: another value means that
 * something about them has changed. Taken over the policies' code, what they grant to each kind of caller and role, and
 * whom each route addresses and with which factors. What data decides (a client's registered purposes) is not in it.
 * @returns 12 hex digits of a SHA-256
 */
export function policyVersion(policies: readonly Policy[], routes: readonly RouteContract[]): string {
  const rules = samples().map((caller) => buildAbility(policies, caller).rules);
  const addressed = routes
    .map(({ id, audience, ability, factor, stepUp }) => ({ id, audience, ability, factor, stepUp }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const text = JSON.stringify([policies.map(String), rules, addressed]);
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}

function samples(): Caller[] {
  const id = 'sample';
  return [
    person({ id, session: id }),
    ...STAFF_ROLES.map((role) => staff({ id, session: id, roles: [role] })),
    client({ clientId: id, use: 'identity', revealPurposes: [] }),
    client({ clientId: id, use: 'health', purposes: [] }),
    process({ name: 'api' }),
  ];
}
