import { type OwnAbility, readOwnAbilities } from '@integument/contracts';
import { platform } from '@integument/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../outside/ask.js';
import { signIn } from '../../outside/browser.js';
import { Client } from '../../outside/client.js';
import { newcomer } from '../../outside/newcomer.js';
import { declaredRoutes, knock } from '../../outside/routes.js';
import { stranger, type Visitor } from '../../outside/visitor.js';
import { API_MODEL, type May, type Role, VAULT_MODEL } from './model.fixture.js';

const info = platform();
const APPS = [
  ['vault', info.urls.vault, VAULT_MODEL],
  ['API', info.urls.api, API_MODEL],
] as const;
/** What the demo's registry says of its clients. */
const REGISTERED: Partial<Record<Role, readonly string[]>> = {
  'identity-client': ['delivery', 'support'],
  'health-client': ['ingest', 'recommendation'],
};

/** And whose word it says is taken. */
const VOUCHED: Partial<Record<Role, readonly string[]>> = {
  'identity-client': ['consents', 'guardianships'],
};

const visitors: Partial<Record<Role, Visitor>> = {};
let account: string;
beforeAll(async () => {
  const { browser, person } = await newcomer(info);
  account = person.subject;
  visitors.person = browser;
  visitors['privacy-officer'] = await signIn(info, info.staff.privacyOfficer);
  visitors.auditor = await signIn(info, info.staff.auditor);
  visitors['identity-client'] = new Client(info, 'brand-shop');
  visitors['health-client'] = new Client(info, 'skin-app');
});

function told(name: string, may: May, role: Role): OwnAbility[] {
  const [action = '', resource = ''] = name.split(' ');
  const registered = REGISTERED[role] ?? [];
  if (may.with !== undefined && ![...registered, ...(VOUCHED[role] ?? [])].includes(may.with)) return [];
  const purposes = may.for === 'registered' ? registered : may.for;
  const $in = [...(purposes ?? [])].sort() as never[];
  return [{ action, resource, ...(purposes && { conditions: { purpose: { $in } } }) }];
}

const inOrder = (abilities: readonly OwnAbility[]) =>
  [...abilities].sort((a, b) => (`${a.action} ${a.resource}` < `${b.action} ${b.resource}` ? -1 : 1));

describe.each(APPS)('what the %s says that its caller may do', (_, url, model) => {
  it('is just that, for each sort of caller, and is kept nowhere', async () => {
    for (const [role, visitor] of Object.entries(visitors) as [Role, Visitor][]) {
      const answer = await request(visitor, url, readOwnAbilities);
      const expected = Object.entries(model[role]).flatMap(([name, may]) => told(name, may, role));
      if (expected.length === 0) {
        expect([role, answer.status, answer.code]).toEqual([role, 403, 'auth.forbidden']);
        continue;
      }
      const { abilities } = answer.json as { abilities: OwnAbility[] };
      expect([role, answer.status, abilities]).toEqual([role, 200, inOrder(expected)]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      // The words of the rules and nothing else: no id, no session, no name.
      for (const word of [account, 'ssn_', 'cps_', 'psn_', 'brand-shop', 'skin-app', 'olivia', 'arthur'])
        expect(answer.text).not.toContain(word);
      expect((await request(visitor, url, readOwnAbilities)).text).toBe(answer.text);
    }
  });

  it('is what happens: of every route, and no other, that asks for one of these', async () => {
    for (const [role, visitor] of Object.entries(visitors)) {
      const answer = await request(visitor, url, readOwnAbilities);
      if (answer.status !== 200) continue;
      const { abilities } = await ask(visitor, url, readOwnAbilities);
      const names = abilities.map(({ action, resource }) => `${action} ${resource}`);
      for (const route of await declaredRoutes(url)) {
        if (!route.ability) continue;
        const { status } = await knock(visitor, url, route);
        const may = names.includes(`${route.ability.action} ${route.ability.resource}`);
        expect([role, route.id, status]).toEqual([role, route.id, may ? 400 : 403]);
      }
    }
  });

  it('is told to nobody unknown', async () => {
    const answer = await request(stranger, url, readOwnAbilities);
    expect([answer.status, answer.code]).toEqual([401, 'auth.required']);
  });
});
