import type { Regions } from '@integument/authz';
import { type BodyOf, type ClientPseudonym, searchPeople, whereOf } from '@integument/contracts';
import { type Asker } from '@integument/http';
import { beforeEach, describe, expect, it } from 'vitest';
import { OTHER_SHOP, SHOP } from '../../vault.fixture.js';
import {
  codeOf,
  enact,
  inForce,
  OWN_REGIONS,
  officer,
  READ,
  REASON,
  run,
  somebody,
  support,
  vault,
} from './rules-stage.fixture.js';

describe('where a rule lets staff see people of their own regions', () => {
  beforeEach(() => enact({ rules: [OWN_REGIONS] }));
  const reach = () => inForce().reach(support.caller, READ);

  it('a search finds those, and makes no name for anybody else', async () => {
    const email = 'twins@example.org';
    const [berlin, , , paris, nowhere] = [
      await somebody('DE-BE', email),
      await somebody('US-CA', email),
      await somebody('US', email),
      await somebody('FR', email),
      await somebody(undefined, email),
    ];
    const body = searchPeople.body?.parse({ field: 'email', value: email }) as BodyOf<typeof searchPeople>;
    const regions = await reach();
    const found = (asker: Asker, within: Regions) =>
      run(async (tx) => (await vault.search.find(tx, asker, whereOf(body), within)).people.length);
    expect(await found(support, regions)).toBe(2);
    const ids = await Promise.all([berlin, paris, nowhere].map((name) => vault.personIdOf(name ?? '')));
    const named = await vault.query<{ person_id: Buffer }>(
      `SELECT person_id FROM client_pseudonym WHERE client_id = 'console'`,
    );
    expect(ids.map((id) => named.some(({ person_id }) => person_id.equals(id)))).toEqual([
      true,
      false,
      false,
    ]);
    // Once the console has a name for all of them, too.
    expect([await found(officer, null), await found(support, regions)]).toEqual([5, 2]);
  });

  it('a person of elsewhere is the same nobody as none, by the same statements', async () => {
    await somebody('FR', 'foreign@example.org');
    const body = searchPeople.body?.parse({ field: 'email', value: 'foreign@example.org' }) as BodyOf<
      typeof searchPeople
    >;
    const { people } = await run((tx) => vault.search.find(tx, officer, whereOf(body), null));
    const foreign = people[0]?.person as ClientPseudonym;
    const none = (await vault.enrol({ fields: { given_name: 'X' } })) as ClientPseudonym;
    const regions = await reach();
    const read = (name: ClientPseudonym) => run((tx) => vault.people.read(tx, support, name, regions));
    const [one, other] = await Promise.all(
      [foreign, none].map((name) => read(name).catch((error: unknown) => error)),
    );
    expect(one).toMatchObject({ code: 'people.not_found', status: 404 });
    expect(one).toEqual(other);
    await run((tx) => vault.people.read(tx, officer, foreign, null));
  });

  it('whoever is bound to a region enrols, moves and erases nobody of another', async () => {
    const only = (action: string) => ({
      ...OWN_REGIONS,
      id: action,
      who: { clients: ['brand-shop'] },
      action,
      only: [{ region: ['DE'] }],
    });
    await enact({ rules: ['enrol', 'update', 'erase'].map(only) });
    const rules = inForce();
    const asked = (action: string) => rules.reach(SHOP.caller, { ability: { action, resource: 'Person' } });
    expect([await asked('enrol'), await asked('update'), await asked('erase'), await asked('read')]).toEqual([
      ['DE'],
      ['DE'],
      ['DE'],
      null,
    ]);
    expect(
      await rules.reach(OTHER_SHOP.caller, { ability: { action: 'enrol', resource: 'Person' } }),
    ).toBeNull();
    const batch = [
      { fields: { given_name: 'A' }, region: 'DE' },
      { fields: { given_name: 'B' }, region: 'FR' },
      { fields: { given_name: 'C' } },
    ];
    const { results } = await run(async (tx) => vault.desk.enrolBatch(tx, SHOP, batch, ['DE']));
    expect(results.map((one) => ('code' in one ? one.code : 'done'))).toEqual([
      'done',
      'auth.forbidden',
      'auth.forbidden',
    ]);
    expect((await vault.entries()).filter(({ action }) => action === 'people.enrol_batch')).toEqual([
      expect.objectContaining({ outcome: 'refused', code: 'auth.forbidden', count: 2 }),
    ]);
    const [home, away] = [await somebody('DE'), await somebody('FR')] as ClientPseudonym[];
    const REACH = { regions: ['DE'], moves: ['DE'], shown: null };
    const update = (name: ClientPseudonym | undefined, region: string | null) =>
      codeOf(run((tx) => vault.people.update(tx, SHOP, name as ClientPseudonym, { region }, REACH)));
    expect([
      await update(home, 'DE-BY'),
      await update(home, 'FR'),
      await update(home, null),
      await update(away, 'DE'),
    ]).toEqual(['done', 'auth.forbidden', 'auth.forbidden', 'people.not_found']);
    const erase = (name: ClientPseudonym | undefined) =>
      codeOf(run((tx) => vault.erasures.requestFor(tx, SHOP, name as ClientPseudonym, REASON, ['DE'])));
    expect([await erase(away), await erase(home)]).toEqual(['people.not_found', 'done']);
  });
});
