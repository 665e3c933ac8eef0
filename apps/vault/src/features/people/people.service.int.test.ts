import { type ClientPseudonym, searchPeople, whereOf } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(() => vault.query('DELETE FROM audit_staging; DELETE FROM person'));

const REASON = { code: 'order', reference: 'ORDER-7' } as const;
const ANYWHERE = { regions: null, moves: null, shown: null };
const ada = {
  fields: {
    email: 'Ada.Lovelace@Example.org',
    phone: '+441632960001',
    given_name: 'Ada',
    family_name: 'Lovelace',
    account_id: 'A-1815',
    postal_address: { lines: ['12 St James’s Square'], locality: 'London', country: 'GB' },
  },
  account: { subject: 'ada' },
};

/** As the route does: what was sent is normalised by the contract before anybody sees it. */
function search(field: 'email' | 'phone' | 'account_id', value: string, asker = SHOP) {
  const body = searchPeople.body?.parse({ field, value });
  if (!body) throw new Error('search has no body');
  return vault.unitOfWork.run((tx) => vault.search.find(tx, asker, whereOf(body), null));
}
const reveal = (
  person: string,
  fields: ('email' | 'phone' | 'given_name' | 'family_name')[],
  purpose = 'delivery' as const,
) =>
  vault.reveals.reveal(SHOP, person as ClientPseudonym, { fields, purpose, form: 'plain', reason: REASON });
const read = (person: string, asker = SHOP) =>
  vault.unitOfWork.run((tx) => vault.people.read(tx, asker, person as ClientPseudonym, null));
const counts = () =>
  vault.query(`SELECT (SELECT count(*)::int FROM person) AS people, (SELECT count(*)::int FROM identity_value) AS values,
    (SELECT count(*)::int FROM client_pseudonym) AS names, (SELECT count(*)::int FROM account) AS accounts,
    (SELECT count(*)::int FROM audit_staging) AS entries`);

describe('an enrolment', () => {
  it('writes person, values, name, account and audit entry', async () => {
    await vault.enrol(ada);
    expect(await counts()).toEqual([{ people: 1, values: 6, names: 1, accounts: 1, entries: 1 }]);
  });

  it('writes nothing at all if its audit entry cannot be written', async () => {
    await vault.query('ALTER TABLE audit_staging ADD CONSTRAINT full_disk CHECK (octet_length(entry) = 1)');
    try {
      await expect(vault.enrol(ada)).rejects.toThrow('full_disk');
      await expect(
        vault.unitOfWork.run((tx) =>
          vault.desk.enrolBatch(tx, SHOP, [ada, { fields: { given_name: 'Bob' } }], null),
        ),
      ).rejects.toThrow('full_disk');
      expect(await counts()).toEqual([{ people: 0, values: 0, names: 0, accounts: 0, entries: 0 }]);
    } finally {
      await vault.query('ALTER TABLE audit_staging DROP CONSTRAINT full_disk');
    }
  });

  it('of an account that signs in as somebody else is refused whole, its neighbours are not', async () => {
    await vault.enrol(ada);
    const twin = { fields: { email: 'twin@example.org' }, account: { subject: 'ada' } };
    const others = Array.from({ length: 8 }, (_, at) => ({ fields: { email: `n${at}@example.org` } }));
    const outcomes = await Promise.allSettled([twin, ...others].map((enrolment) => vault.enrol(enrolment)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...others.map(() => 'fulfilled')]);
    expect((await search('email', 'twin@example.org')).people).toEqual([]);
    expect(await counts()).toMatchObject([{ people: 9, names: 9, accounts: 1 }]);
  });

  it('of many answers each entry for itself and never echoes what was wrong', async () => {
    const canary = 'canary@example.org';
    const wrong = [
      { fields: {} },
      { fields: { email: 'nobody at all' } },
      { fields: { [canary]: 'x' } },
      { fields: { email: canary }, role: 'admin' },
      'not even an object',
    ];
    const reply = await vault.unitOfWork.run((tx) =>
      vault.desk.enrolBatch(tx, SHOP, [ada, ...wrong, ada], null),
    );
    expect(reply).toMatchObject({ enrolled: 1, refused: 6 });
    expect(reply.results[6]).toEqual({ code: 'people.account_taken' });
    expect(JSON.stringify(reply)).not.toContain('canary');
    expect(await counts()).toMatchObject([{ people: 1, entries: 1 }]);
  });
});

describe('a stored value', () => {
  it('stands nowhere in plain', async () => {
    await vault.enrol(ada);
    const tables = ['person', 'identity_value', 'client_pseudonym', 'account', 'audit_staging'];
    for (const table of tables) {
      const [row] = await vault.query<{ text: string }>(
        `SELECT string_agg(t::text, ' ') AS text FROM ${table} t`,
      );
      for (const secret of ['Lovelace', '441632960001', 'A-1815', 'London']) {
        const hex = Buffer.from(secret).toString('hex');
        expect(row?.text, table).not.toContain(hex);
        expect(row?.text, table).not.toContain(secret);
      }
    }
  });

  it('moved to another field of the same person is refused', async () => {
    const person = await vault.enrol(ada);
    await vault.query(`UPDATE identity_value a SET sealed = b.sealed FROM identity_value b
      WHERE a.person_id = b.person_id AND a.field = 'given_name' AND b.field = 'family_name'`);
    await expect(reveal(person, ['given_name'])).rejects.toMatchObject({
      code: 'people.broken',
      status: 500,
    });
    expect(await reveal(person, ['family_name'])).toMatchObject({ fields: { family_name: 'Lovelace' } });
  });

  it('or key moved to another person is refused', async () => {
    const person = await vault.enrol(ada);
    const other = await vault.enrol({ fields: { email: 'eve@example.org', given_name: 'Eve' } });
    const [one, two] = [await vault.personIdOf(person), await vault.personIdOf(other)];
    await vault.query(
      `UPDATE identity_value SET sealed = (SELECT sealed FROM identity_value WHERE person_id = $2 AND field = 'email')
       WHERE person_id = $1 AND field = 'email'`,
      [two, one],
    );
    await expect(reveal(other, ['email'])).rejects.toMatchObject({ code: 'people.broken', status: 500 });
    await vault.query(
      'UPDATE person SET wrapped_key = (SELECT wrapped_key FROM person WHERE person_id = $2) WHERE person_id = $1',
      [two, one],
    );
    await expect(reveal(other, ['given_name'])).rejects.toMatchObject({ code: 'people.broken', status: 500 });
  });

  it('is shown with their region to a client that knows them, and with none where none is known', async () => {
    const fields = { given_name: 'Ada' };
    const [here, nowhere] = [await vault.enrol({ fields, region: 'SE' }), await vault.enrol({ fields })];
    expect([(await read(here)).region, (await read(nowhere)).region]).toEqual(['SE', null]);
  });

  it('is shown masked unless there is a purpose and a reason', async () => {
    const person = await vault.enrol(ada);
    const { masked } = await read(person);
    expect(masked).toEqual({
      email: 'A•••@Example.org',
      phone: '•••01',
      given_name: '•••',
      family_name: 'L•••',
      account_id: '•••5',
      postal_address: '•••, GB',
    });
  });

  it('is revealed with an entry that says who, whose, what for and which fields, and no value', async () => {
    const person = await vault.enrol(ada);
    await vault.query('DELETE FROM audit_staging');
    await reveal(person, ['email', 'phone']);
    const [entry] = await vault.entries();
    expect(entry).toMatchObject({
      action: 'people.reveal',
      actor: { kind: 'client', id: 'brand-shop' },
      purpose: 'delivery',
      fields: ['email', 'phone'],
      reason: REASON,
      details: { form: 'plain', policies: ['registered-clients'] },
    });
    expect(JSON.stringify(entry).toLowerCase()).not.toMatch(/lovelace|example\.org|4416/);
  });

  it('is not revealed for a purpose that the client is not registered for', async () => {
    const person = await vault.enrol(ada);
    await vault.query('DELETE FROM audit_staging');
    await expect(reveal(person, ['email'], 'legal-obligation' as never)).rejects.toThrow(
      'purpose_not_allowed',
    );
    expect(await vault.entries()).toEqual([]);
  });
});

describe('a search', () => {
  it.each([
    ['email', 'ada.lovelace@example.org'],
    ['email', '  ADA.LOVELACE@EXAMPLE.ORG '],
    ['phone', '+44 1632 960001'],
    ['phone', '+44 (1632) 960-001'],
    ['account_id', 'A-1815'],
  ] as const)('by %s finds %s', async (field, value) => {
    const person = await vault.enrol(ada);
    const { people } = await search(field, value);
    expect(people.map((found) => found.person)).toEqual([person]);
  });

  it.each([
    ['email', 'ada.lovelace@example.com'],
    ['phone', '+441632960002'],
    ['account_id', 'a-1815'],
    ['account_id', 'Ada.Lovelace@Example.org'],
  ] as const)('by %s does not find %s', async (field, value) => {
    await vault.enrol(ada);
    expect((await search(field, value)).people).toEqual([]);
  });

  it('of composed and decomposed letters finds the same person', async () => {
    const person = await vault.enrol({ fields: { email: 'x@example.org', account_id: 'Zo\u00eb' } });
    const { people } = await search('account_id', 'Zoe\u0308');
    expect(people.map((found) => found.person)).toEqual([person]);
  });

  it('finds nobody whom the client has no name for, and their name is nobody to another client', async () => {
    const person = await vault.enrol(ada);
    expect((await search('email', ada.fields.email, OTHER_SHOP)).people).toEqual([]);
    await expect(read(person, OTHER_SHOP)).rejects.toThrow('people.not_found');
  });
});

describe('a changed value', () => {
  it('is found by the new one, not by the old one, and not at all once removed', async () => {
    const person = await vault.enrol(ada);
    const update = (email: string | null) =>
      vault.unitOfWork.run((tx) =>
        vault.people.update(tx, SHOP, person as ClientPseudonym, { fields: { email } }, ANYWHERE),
      );
    await update('countess@example.org');
    expect((await search('email', ada.fields.email)).people).toEqual([]);
    expect((await search('email', 'countess@example.org')).people).toHaveLength(1);
    await update(null);
    expect((await search('email', 'countess@example.org')).people).toEqual([]);
    expect((await reveal(person, ['email', 'given_name'])).fields).toEqual({ given_name: 'Ada' });
  });

  it('lets two that come together both happen, one after the other', async () => {
    const person = (await vault.enrol({ fields: { given_name: 'Ada' } })) as ClientPseudonym;
    const update = (given_name: string) =>
      vault.unitOfWork.run((tx) =>
        vault.people.update(tx, SHOP, person, { fields: { given_name } }, ANYWHERE),
      );
    await Promise.all(Array.from({ length: 12 }, (_, at) => update(`Ada-${at}`)));
    expect(await counts()).toMatchObject([{ people: 1, values: 1, entries: 13 }]);
  });
});
