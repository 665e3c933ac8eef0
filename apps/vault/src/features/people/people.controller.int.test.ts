import { randomBytes } from 'node:crypto';
import { type ClientPseudonym, updatePerson } from '@integument/contracts';
import { Idempotency, type IdempotentRequest } from '@integument/database';
import { Answer, Effects, type InputOf } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peopleRoutes } from '../../people-routes.fixture.js';
import { RuleMakers } from '../../rules.fixture.js';
import { SHOP, TestVault } from '../../vault.fixture.js';
import type { PeopleController } from './people.controller.js';

const IDEMPOTENCY = new Idempotency(randomBytes(32));
const REASON = { code: 'rights-request', reference: 'CASE-2' } as const;

let vault: TestVault;
let controller: PeopleController;
beforeAll(async () => {
  vault = await TestVault.open();
  const effects = new Effects(vault.unitOfWork, new Idempotency(randomBytes(32)));
  controller = peopleRoutes(vault, vault.rulesInForce, effects);
});
afterAll(() => vault.close());

describe('an update under stored rules', () => {
  const HERE = { app: 'vault', only: [{ region: ['DE'] }] };
  const rule = (action: string, resource = 'Person') => ({ ...HERE, id: action, action, resource });
  const NOBODY = [{ region: ['AQ'] }];
  const policy = {
    id: 'shop',
    who: { clients: ['brand-shop'] },
    purposes: ['delivery'],
    fields: 'all',
    form: 'plain',
  };
  let makers: RuleMakers;
  beforeAll(async () => {
    makers = await RuleMakers.of(vault);
  });
  afterAll(() => makers.enact({ rules: [] }));

  /** By the rules that are in force, as another replica finds them. */
  async function update(person: string, body: object, key?: IdempotentRequest): Promise<unknown> {
    const rules = vault.rulesOfReplica();
    const effects = new Effects(vault.unitOfWork, IDEMPOTENCY);
    const routes = peopleRoutes(vault, rules, effects);
    const input = { params: { person }, query: undefined, body } as InputOf<typeof updatePerson>;
    const answer: unknown = await routes.update(SHOP, input, key);
    return JSON.parse(String((answer as Answer<string>).body));
  }
  async function moved(from: string | undefined, region: string | null): Promise<string> {
    const person = await vault.enrol({ fields: { given_name: 'Adele' }, ...(from && { region: from }) });
    const code = await update(person, { region }).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    const id = await vault.personIdOf(person);
    const [row] = await vault.query<{ region: string | null }>(
      'SELECT region FROM person WHERE person_id = $1',
      [id],
    );
    expect(row?.region).toBe(code === 'done' ? region : (from ?? null));
    return code;
  }
  const moves = async () => [
    await moved('DE', 'DE-BY'),
    await moved('FR', 'DE'),
    await moved('DE', 'FR'),
    await moved(undefined, 'DE'),
    await moved('DE', null),
  ];
  const HELD = ['done', ...Array.from({ length: 4 }, () => 'auth.forbidden')];

  it.each([
    ...['read Person', 'reveal Person', 'erase Person', 'make Token', 'describe Token', 'remove Token'],
    ...[
      'make ConsentImport',
      'read ConsentEvidence',
      'make Guardianship',
      'read Guardianship',
      'revoke Guardianship',
    ],
  ])('moves nobody over the border that a rule of %s draws', async (ability) => {
    const [action = '', resource] = ability.split(' ');
    await makers.enact({ rules: [rule(action, resource)] });
    expect(await moves()).toEqual(HELD);
  });

  it('finds nobody to move beyond a rule of its own', async () => {
    await makers.enact({ rules: [rule('update')] });
    const nobody = 'people.not_found';
    expect(await moves()).toEqual(['done', nobody, 'auth.forbidden', nobody, 'auth.forbidden']);
  });

  it('moves nobody over the border of a reveal policy, and anybody where there is none', async () => {
    await makers.enact({ reveals: [policy, { ...policy, id: 'here', regions: ['DE'] }] });
    expect(await moves()).toEqual(HELD);
    await makers.enact({ rules: [rule('enrol')], reveals: [policy] });
    expect(await moves()).toEqual(Array.from({ length: 5 }, () => 'done'));
  });

  it('is answered with masks where reading is allowed, else with none, when repeated, too', async () => {
    const person = await vault.enrol({ fields: { given_name: 'Adele' }, region: 'DE' });
    const body = { fields: { given_name: 'Ottilie' } };
    const key = { caller: 'client:brand-shop', key: 'm'.repeat(16), fingerprint: Buffer.alloc(32) };
    await makers.enact({ rules: [rule('read')] });
    const masked = { person, masked: { given_name: 'O•••' }, region: 'DE' };
    expect(await update(person, body)).toEqual(masked);
    await makers.enact({ rules: [{ ...rule('read'), only: NOBODY }] });
    expect([await update(person, body, key), await update(person, body, key)]).toEqual([
      { person, masked: {}, region: null },
      { person, masked: {}, region: null },
    ]);
    expect((await vault.entries()).at(-1)).toMatchObject({ action: 'people.update' });
    const never = { days: ['mon'], from: '00:00', to: '00:01', timeZone: 'Europe/Berlin' };
    vault.ahead = Date.parse('2027-03-30T10:00:00Z') - Date.now();
    await makers.enact({ rules: [{ ...rule('read'), only: [{ hours: never }] }] });
    expect(await update(person, body)).toEqual({ person, masked: {}, region: null });
    vault.ahead = 0;
    await makers.enact({ rules: [] });
    expect(await update(person, body)).toEqual(masked);
  });
});

describe('a change that is repeated under its Idempotency-Key', () => {
  let person: ClientPseudonym;
  const key: IdempotentRequest = {
    caller: 'client:brand-shop',
    key: 'k'.repeat(16),
    fingerprint: Buffer.alloc(32),
  };
  const change = async () => {
    const body = updatePerson.body?.parse({ fields: { given_name: 'Ottilie' } });
    const input = { params: { person }, query: undefined, body } as InputOf<typeof updatePerson>;
    // What a method gives is text by the time it has passed its contract.
    const answer: unknown = await controller.update(SHOP, input, key);
    if (!(answer instanceof Answer)) throw new Error('no answer');
    return {
      body: JSON.parse(String(answer.body)) as unknown,
      replayed: 'idempotent-replayed' in answer.headers,
    };
  };
  const actions = async () => (await vault.entries()).map(({ action }) => action);
  beforeAll(async () => {
    person = (await vault.enrol({ fields: { email: 'twice@example.org' } })) as ClientPseudonym;
  });

  it('is answered as before, and the reading is on record each time', async () => {
    const first = await change();
    expect(first).toMatchObject({ replayed: false, body: { masked: { given_name: 'O•••' } } });
    expect((await actions()).at(-1)).toBe('people.update');
    const second = await change();
    expect(second).toEqual({ ...first, replayed: true });
    expect((await actions()).at(-1)).toBe('people.read');
  });

  it('shows nothing of a person who is being erased', async () => {
    await vault.unitOfWork.run((tx) => vault.erasures.requestFor(tx, SHOP, person, REASON, null));
    await expect(change()).rejects.toThrow('people.not_found');
  });
});
