import { Abilities, callerId, subject } from '@integument/authz';
import { PURPOSE_NAMES, REVEAL_PURPOSES } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { apiPolicies } from '../../../apps/api/src/platform/policies.js';
import { vaultPolicies } from '../../../apps/vault/src/platform/policies.js';
import { declaredRoutes } from '../../docs/routes.js';
import { type Cast, everyCaller } from './callers.fixture.js';
import { ANY_STAFF, API_MODEL, type May, type Model, VAULT_MODEL } from './model.fixture.js';

const APPS = [
  ['vault', vaultPolicies, VAULT_MODEL],
  ['api', apiPolicies, API_MODEL],
] as const;
const CALLERS = everyCaller();

/** No policy must answer to these, whoever asks. */
const HOSTILE = ['manage', 'all', '*', '', '__proto__', 'constructor', 'toString', 'READ', 'person'];
/** of every object that is asked about; null: it has none */
const PURPOSES = [...REVEAL_PURPOSES, ...PURPOSE_NAMES, 'curiosity', '__proto__', '', null];

const asked = declaredRoutes().flatMap(({ ability }) => ability ?? []);
const modelled = [VAULT_MODEL, API_MODEL].flatMap((model) =>
  Object.values(model).flatMap((abilities) => Object.keys(abilities).map((name) => name.split(' '))),
);
const ACTIONS = unique([...asked.map(({ action }) => action), ...modelled.map(([action = '']) => action)]);
const RESOURCES = unique([
  ...asked.map(({ resource }) => resource),
  ...modelled.map(([, resource = '']) => resource),
]);

/** What the model says, by its own words alone. */
function grantsOf(model: Model, app: 'vault' | 'api', { roles, isStaff }: Cast, name: string): May[] {
  const held = [...roles.map((role) => model[role]), ...(isStaff ? [ANY_STAFF[app]] : [])];
  return held.flatMap((abilities) => (Object.hasOwn(abilities, name) ? (abilities[name] ?? []) : []));
}

function allows({ for: purposes, with: needed }: May, { registered }: Cast, purpose: string | null): boolean {
  if (needed !== undefined && !registered.includes(needed)) return false;
  if (purposes === undefined) return true;
  return purpose !== null && (purposes === 'registered' ? registered : purposes).includes(purpose);
}

/**
 * Whose a thing is no policy decides (whose.test.ts has that): so it must make no difference here, and nobody may be let in for being
 * the owner of something.
 */
function* questions() {
  for (const cast of CALLERS)
    for (const action of ACTIONS)
      for (const resource of RESOURCES)
        for (const purpose of PURPOSES)
          for (const owner of [callerId(cast.caller), 'somebody-else'])
            yield { cast, action, resource, owner, purpose };
}

function unique(words: readonly string[]): string[] {
  return [...new Set([...words, ...HOSTILE])];
}

describe.each(APPS)('what the policies of the %s say', (app, policies, model) => {
  const abilities = new Abilities(policies);

  it('of every caller, action, resource, owner and purpose is what the model says', () => {
    const differences: string[] = [];
    const count = { true: 0, false: 0 };
    for (const { cast, action, resource, owner, purpose } of questions()) {
      const object = subject(resource, { owner, ...(purpose !== null && { purpose }) });
      const got = abilities.abilityFor(cast.caller).can(action, object);
      count[`${got}`]++;
      const grants = grantsOf(model, app, cast, `${action} ${resource}`);
      if (got !== grants.some((may) => allows(may, cast, purpose)))
        differences.push(`${cast.title}: ${action} ${resource} of ${owner} for ${purpose}: ${got}`);
    }
    expect(differences).toEqual([]);
    expect(count.true).toBeGreaterThan(1_000);
    expect(count.false).toBeGreaterThan(count.true * 10);
  }, 90_000);

  it('at a route’s door is what the model says of any purpose at all', () => {
    const differences = CALLERS.flatMap((cast) =>
      ACTIONS.flatMap((action) =>
        RESOURCES.flatMap((resource) => {
          const grants = grantsOf(model, app, cast, `${action} ${resource}`);
          const expected = grants.some((may) => PURPOSES.some((purpose) => allows(may, cast, purpose)));
          const got = abilities.may(cast.caller, action, resource);
          return got === expected ? [] : [`${cast.title}: ${action} ${resource}: ${got}`];
        }),
      ),
    );
    expect(differences).toEqual([]);
  });

  it('has no ability that the model does not know of', () => {
    const known = new Set(Object.values(model).flatMap((held) => Object.keys(held)));
    const rules = CALLERS.flatMap(({ caller }) => abilities.abilityFor(caller).rules);
    const names = rules.map((rule) => `${String(rule.action)} ${String(rule.subject)}`);
    expect([...new Set(names)].filter((name) => !known.has(name))).toEqual([]);
    expect(rules.filter(({ inverted }) => inverted)).toEqual([]);
  });
});
