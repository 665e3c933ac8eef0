import { randomBytes } from 'node:crypto';
import type { ClientPseudonym, GateId } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consentOf, importsAt } from './features/consent-imports/consent-imports.fixture.js';
import { bornYearsAgo } from './features/guardianships/family.fixture.js';
import { SHOP, TestVault } from './vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const { run, enrol, bring, read, mint, freeze, gatesOf, stateOf } = importsAt(() => vault);
const setBirthDate = (name: string, birth_date: string) => {
  const reach = { update: null, read: null } as never;
  return run((tx) =>
    vault.people.update(tx, SHOP, name as ClientPseudonym, { fields: { birth_date } }, reach),
  );
};

const breakValues = async (name: string, field: 'birth_date' | 'postal_address') =>
  vault.query('UPDATE identity_value SET sealed = $2 WHERE person_id = $1 AND field = $3', [
    await vault.personIdOf(name),
    randomBytes(64),
    field,
  ]);

describe('an imported consent of a child', () => {
  it('is refused where it is known to be too young for where it lives, and none beside it', async () => {
    const birth_date = bornYearsAgo(14);
    const postal_address = { lines: ['1 High Street'], locality: 'Leeds', country: 'GB' };
    const names = await Promise.all([
      enrol('DE', { birth_date }),
      enrol('GB', { birth_date }),
      enrol(undefined, { birth_date }),
      enrol(undefined, { birth_date, postal_address }),
      enrol('DE', { birth_date: bornYearsAgo(16, 0) }),
      enrol('DE', { birth_date: bornYearsAgo(16, 1) }),
      enrol('DE'),
    ]);
    const { results } = await bring(names.map((name) => consentOf(name)));
    const [taken, underAge] = [{ accepted: true }, { code: 'consent_imports.under_age' }];
    expect(results).toEqual([underAge, taken, underAge, taken, taken, underAge, taken]);
    expect(await gatesOf(names[0])).toEqual([]);
  });

  it('opens nothing where the age turns out before the data plane gets to it, and leaves no evidence', async () => {
    const [child, other] = [await enrol(), await enrol()];
    const { import: name } = await bring([consentOf(child), consentOf(other)]);
    const [gate, otherGate] = [(await gatesOf(child))[0] as GateId, (await gatesOf(other))[0] as GateId];
    await setBirthDate(child, bornYearsAgo(14));
    const { minted, spent } = await mint([gate, otherGate]);
    expect([minted.map((one) => one.gate), spent]).toEqual([[otherGate], [gate]]);
    expect(await read(name)).toMatchObject({
      pending: 1,
      refusals: [{ at: 0, code: 'consent_imports.under_age' }],
    });
    const kept = 'SELECT evidence FROM consent_record WHERE person_id = $1';
    expect(await vault.query(kept, [await vault.personIdOf(child)])).toEqual([{ evidence: null }]);
  });

  it('stays closed where the data plane had closed it meanwhile, for that to erase it in time', async () => {
    const child = await enrol();
    await bring([consentOf(child)]);
    const [gate] = await gatesOf(child);
    await mint([gate as GateId]);
    await freeze(gate, 2);
    await setBirthDate(child, bornYearsAgo(14));
    expect(await mint([gate as GateId], 3)).toEqual({ minted: [], spent: [] });
    expect([await stateOf(gate), await gatesOf(child)]).toEqual(['frozen', []]);
  });

  it('is told as open where it was open before', async () => {
    const child = await enrol();
    await bring([consentOf(child)]);
    const gates = await gatesOf(child);
    const first = await mint(gates);
    await setBirthDate(child, bornYearsAgo(14));
    expect(await mint(gates)).toEqual(first);
  });

  it('looks into an address only of whom it decides about', async () => {
    const postal_address = { lines: ['1 High Street'], locality: 'Leeds', country: 'GB' };
    const enrolled = async (region: string | undefined, years: number) => {
      const name = await enrol(region, { birth_date: bornYearsAgo(years), postal_address });
      await breakValues(name, 'postal_address');
      return name;
    };
    const names = [await enrolled(undefined, 30), await enrolled('GB', 14), await enrolled(undefined, 14)];
    const { results } = await bring(names.map((name) => consentOf(name)));
    expect(results).toEqual([{ accepted: true }, { accepted: true }, { code: 'people.broken' }]);
  });

  it('is refused where its age doesn’t open, early and late, and takes nobody along', async () => {
    const grown = { birth_date: bornYearsAgo(30) };
    const [early, late, other] = [await enrol('DE', grown), await enrol('DE', grown), await enrol()];
    await breakValues(early, 'birth_date');
    const { import: name, results } = await bring([early, late, other].map((one) => consentOf(one)));
    expect(results).toEqual([{ code: 'people.broken' }, { accepted: true }, { accepted: true }]);
    await breakValues(late, 'birth_date');
    expect((await mint(await gatesOf(late, other))).minted).toHaveLength(1);
    expect((await read(name)).refusals).toEqual([{ at: 1, code: 'people.broken' }]);
  });
});
