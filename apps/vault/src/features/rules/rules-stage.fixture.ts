import {
  type BodyOf,
  type ClientPseudonym,
  enrolment,
  type RevealPurpose,
  revealPerson,
} from '@integument/contracts';
import { type Asker } from '@integument/http';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { VaultStaff } from '../../platform/callers.js';
import { memberOf, type Parts, RuleMakers } from '../../rules.fixture.js';
import { SHOP, TestVault } from '../../vault.fixture.js';

export const REASON = { code: 'customer-request', reference: 'CASE-7' } as const;
export const READ = { ability: { action: 'read', resource: 'Person' } } as const;
export const OWN_REGIONS = {
  id: 'support-at-home',
  app: 'vault',
  who: { roles: ['support'] },
  action: 'read',
  resource: 'Person',
  only: [{ region: 'own' }],
};

export let vault: TestVault;
let makers: RuleMakers;
export let admin: Asker<VaultStaff>;
export let officer: Asker<VaultStaff>;
export let support: Asker<VaultStaff>;

beforeAll(async () => {
  vault = await TestVault.open();
  makers = await RuleMakers.of(vault);
  ({ admin, officer } = makers);
  support = await memberOf(vault, 'sam', ['support'], ['DE', 'US-CA']);
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  await enact({ rules: [] });
});

export const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
export const draft = (parts: Parts) => makers.draft(parts);
export const approved = (version: number, digest: string) => makers.approved(version, digest);
export const enact = (parts: Parts) => makers.enact(parts);
export const inForce = () => vault.rulesOfReplica();
export const somebody = (region?: string, email = `${Math.random().toString(36).slice(2)}@example.org`) =>
  vault.enrol(enrolment.parse({ fields: { email, given_name: 'Ada' }, region }));
export function wish(change: object = {}, purpose: RevealPurpose = 'delivery') {
  const body = { fields: ['email'], purpose, reason: { code: 'order', reference: 'ORDER-7' }, ...change };
  return revealPerson.body?.parse(body) as BodyOf<typeof revealPerson>;
}
export const reveal = (name: string, asked = wish(), asker: Asker = SHOP) =>
  vault.revealsOfReplica(inForce()).reveal(asker, name as ClientPseudonym, asked);
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
