import type { ClientPseudonym, IdentityField } from '@integument/contracts';
import { proofCount } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answerOf, brokenBy, type StoredRow } from '../../tampering.fixture.js';
import { SHOP, TestVault } from '../../vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const WISH = {
  purpose: 'delivery',
  form: 'plain',
  reason: { code: 'order', reference: 'ORDER-7' },
} as const;
const FIELDS = {
  email: 'ada@example.org',
  phone: '+441632960001',
  given_name: 'Ada',
  family_name: 'Ada',
  postal_address: { lines: ['12 St James’s Square'], locality: 'London', country: 'GB' },
};

/** Of three people, all with the same values. */
async function storedValues(): Promise<StoredRow[]> {
  const people = [await vault.enrol({ fields: FIELDS }), await vault.enrol({ fields: FIELDS })];
  people.push(await vault.enrol({ fields: FIELDS }));
  const wanted = people.flatMap((person) => Object.keys(FIELDS).map((field) => ({ person, field })));
  return Promise.all(
    wanted.map(async ({ person, field }) => {
      const sql = 'SELECT sealed FROM identity_value WHERE person_id = $1 AND field = $2';
      const [row] = await vault.query<{ sealed: Buffer }>(sql, [await vault.personIdOf(person), field]);
      const wish = { ...WISH, fields: [field as IdentityField] };
      const reveal = () => vault.reveals.reveal(SHOP, person as ClientPseudonym, wish);
      return { sealed: row?.sealed ?? Buffer.alloc(0), reveal };
    }),
  );
}

it('a value whose row was tampered with, by one bit or with another row’s value, is told nobody', async () => {
  const rows = await storedValues();
  const property = brokenBy(vault, 'identity_value', rows, 'people.broken');
  await fc.assert(property, { numRuns: proofCount(200, 1_000) });
  expect(await Promise.all(rows.map(answerOf))).toEqual(rows.map(() => 'told'));
}, 120_000);
