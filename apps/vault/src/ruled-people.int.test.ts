import { randomBytes } from 'node:crypto';
import type { BodyOf, revealPerson } from '@integument/contracts';
import { Idempotency } from '@integument/database';
import { Effects } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErasureController } from './features/erasure/erasure.controller.js';
import type { DataPlaneSessions } from './features/sessions/index.js';
import { peopleRoutes } from './people-routes.fixture.js';
import { RuleMakers } from './rules.fixture.js';
import { SHOP, TestVault } from './vault.fixture.js';

const REASON = { code: 'order', reference: 'ORDER-7' } as const;
const WISH = { fields: ['email'], purpose: 'delivery', form: 'plain', reason: REASON } satisfies BodyOf<
  typeof revealPerson
>;

let vault: TestVault;
let makers: RuleMakers;
beforeAll(async () => {
  vault = await TestVault.open();
  makers = await RuleMakers.of(vault);
});
afterAll(() => vault.close());

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

describe('each route that does something to people', () => {
  const ACTIONS = ['enrol', 'read', 'update', 'erase', 'reveal'];
  /** What each says, by the rules that are in force. */
  async function said(name: string): Promise<Record<string, unknown>> {
    const effects = new Effects(vault.unitOfWork, new Idempotency(randomBytes(32)));
    const rules = vault.rulesOfReplica();
    const { unitOfWork, erasures } = vault;
    const routes = peopleRoutes(vault, rules, effects);
    const nowhere = { ended: () => Promise.resolve() } as unknown as DataPlaneSessions;
    const erasure = new ErasureController(erasures, nowhere, unitOfWork, effects, rules);
    const input = (body: unknown, params = {}) => ({ params, query: undefined, body }) as never;
    const person = { person: name };
    const enrolled = { fields: { given_name: 'Ada' }, region: 'DE' };
    const answers = {
      enrol: routes.enrol(SHOP, input(enrolled), undefined),
      batch: routes.enrolBatch(SHOP, input({ people: [enrolled] }), undefined),
      search: routes.search(SHOP, input({ field: 'email', value: 'routes@example.org' })),
      read: routes.read(SHOP, input(undefined, person)),
      update: routes.update(SHOP, input({ fields: { given_name: 'Eve' } }, person), undefined),
      reveal: routes.reveal(SHOP, input(WISH, person)),
    };
    const codes = Object.entries(answers).map(async ([route, answer]) => [route, await codeOf(answer)]);
    const told = Object.fromEntries((await Promise.all(codes)) as [string, string][]);
    return {
      ...told,
      batch: JSON.stringify(await answers.batch).includes('auth.forbidden') ? 'auth.forbidden' : 'done',
      search: JSON.stringify(await answers.search).includes('cps_') ? 'found' : 'none',
      erase: await codeOf(erasure.erase(SHOP, input({ reason: REASON }, person), undefined)),
    };
  }

  it('asks the rules, with where the person lives', async () => {
    const name = await vault.enrol({ fields: { email: 'routes@example.org' }, region: 'DE' });
    const elsewhere = { id: 'x', app: 'vault', resource: 'Person', only: [{ region: ['AQ'] }] };
    await makers.enact({ rules: ACTIONS.map((action) => ({ ...elsewhere, id: action, action })) });
    expect(await said(name)).toEqual({
      enrol: 'auth.forbidden',
      batch: 'auth.forbidden',
      search: 'none',
      read: 'people.not_found',
      update: 'people.not_found',
      reveal: 'people.not_found',
      erase: 'people.not_found',
    });
    await makers.enact({ rules: [] });
    const done = {
      enrol: 'done',
      batch: 'done',
      read: 'done',
      update: 'done',
      reveal: 'done',
      erase: 'done',
    };
    expect(await said(name)).toEqual({ ...done, search: 'found' });
  });
});
