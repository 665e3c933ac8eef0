import type { Tx } from '@integument/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';
import { code, TestTokens } from './tokens.fixture.js';

let vault: TestVault;
let tokens: TestTokens;
beforeAll(async () => {
  vault = await TestVault.open();
  tokens = new TestTokens(vault);
});
afterAll(() => vault.close());
beforeEach(() => vault.query('DELETE FROM audit_staging; DELETE FROM token; DELETE FROM person'));

const TYPE = 'format-preserving';
const ada = { fields: { email: 'Ada@Example.org', phone: '+441632960001', given_name: 'Ada' } };

function updateIn(tx: Tx, person: string, fields: object): Promise<unknown> {
  const reach = { regions: null, moves: null, shown: null };
  return vault.people.update(tx, SHOP, person as never, { fields }, reach);
}

async function waitingForALock(): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await vi.waitFor(async () => expect(await vault.query(sql)).toHaveLength(1), { timeout: 10_000 });
}

describe('what is known of a person', () => {
  it('gets tokens, none of it being sent', async () => {
    const person = await vault.enrol(ada);
    const wanted = { fields: ['email', 'phone', 'birth_date', 'email'], type: 'deterministic' };
    const { tokens: made } = await tokens.ofPerson(person, wanted);
    expect(Object.keys(made).sort()).toEqual(['email', 'phone']);
    expect(await tokens.reveal(made.email)).toEqual({ field: 'email', value: 'Ada@Example.org' });
    expect(await tokens.ofPerson(person, wanted)).toEqual({ tokens: made });
    await vault.query('DELETE FROM person');
    expect(await tokens.stored()).toBe(0);
  });

  it.each(['deterministic', TYPE])('is not found out by who tries values: %s tokens', async (type) => {
    const person = await vault.enrol(ada);
    const { tokens: made } = await tokens.ofPerson(person, { fields: ['phone'], type });
    const sent = { field: 'phone', value: ada.fields.phone, person, type };
    const tried = await tokens.make(sent);
    expect(tried).not.toBe(made.phone);
    // Each is the same for its own kind of asking.
    expect(await tokens.make(sent)).toBe(tried);
    expect(await tokens.ofPerson(person, { fields: ['phone'], type })).toEqual({ tokens: made });
  });

  it('gets one though nobody could send it any more, since it was kept when that was possible', async () => {
    const given_name = 'ড়'.repeat(90).normalize('NFC');
    expect(given_name.length).toBeGreaterThan(100);
    const person = await vault.enrol({ fields: { given_name } });
    const { tokens: made } = await tokens.ofPerson(person, { fields: ['given_name'] });
    expect(await tokens.reveal(made.given_name)).toEqual({ field: 'given_name', value: given_name });
  });

  const change = (person: string, fields: object) =>
    vault.unitOfWork.run((tx) => updateIn(tx, person, fields));

  it.each(['deterministic', TYPE])('is not found out by who writes values: %s tokens', async (type) => {
    const person = await vault.enrol(ada);
    const ask = () => tokens.ofPerson(person, { fields: ['phone'], type });
    const told = (token: unknown) => tokens.reveal(type === TYPE ? { token, field: 'phone' } : token);
    const first = (await ask()).tokens.phone;
    const email = await tokens.ofPerson(person, { fields: ['email'], type: 'deterministic' });
    const seen = [first];
    // The last is what was there, and so is what comes after there was nothing.
    for (const phone of ['+441632960002', ada.fields.phone, null, ada.fields.phone]) {
      await change(person, { phone });
      if (phone !== null) seen.push((await ask()).tokens.phone);
    }
    expect(new Set(seen).size).toBe(4);
    expect((await ask()).tokens.phone).toBe(seen.at(-1));
    for (const token of [first, seen.at(-1)])
      expect(await told(token)).toEqual({ field: 'phone', value: ada.fields.phone });
    expect(await told(seen[1])).toMatchObject({ value: '+441632960002' });
    expect(await tokens.ofPerson(person, { fields: ['email'], type: 'deterministic' })).toEqual(email);
  });

  it('is read as a change has left it by who asks meanwhile', async () => {
    const person = await vault.enrol(ada);
    const wanted = { fields: ['phone'], type: 'deterministic' };
    const [made] = await vault.unitOfWork.run(async (tx) => {
      await updateIn(tx, person, { phone: '+441632960002' });
      const asked = tokens.ofPerson(person, wanted);
      await waitingForALock();
      return [asked];
    });
    expect(await tokens.reveal((await made)?.tokens.phone)).toMatchObject({ value: '+441632960002' });
  });

  it('that is nothing, or nobody’s here, gets none', async () => {
    const person = await vault.enrol(ada);
    const none = tokens.ofPerson(person, { fields: ['birth_date'] });
    await expect(none).rejects.toEqual(code('tokens.value_unknown'));
    const foreign = tokens.ofPerson(person, { fields: ['email'] }, OTHER_SHOP);
    await expect(foreign).rejects.toEqual(code('people.not_found'));
    expect(await tokens.stored()).toBe(0);
  });
});

describe('what is known of many people', () => {
  async function breakPhoneOf(person: string): Promise<void> {
    const sql = `UPDATE identity_value SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE person_id = $1 AND field = 'phone'`;
    await vault.query(sql, [await vault.personIdOf(person)]);
  }
  const known = (person: string, field: string, options: object = {}) => ({
    person,
    field,
    known: true,
    ...options,
  });
  const outcomes = ({ results }: Pick<Awaited<ReturnType<TestTokens['makeBatch']>>, 'results'>) =>
    results.map((one) => ('code' in one ? one.code : 'made'));

  it('gets tokens beside values that are sent, each told what it stands for', async () => {
    const people = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        vault.enrol({ fields: { email: `p${n}@example.org`, given_name: `P${n}` } }),
      ),
    );
    const entries = people.flatMap((person, n) => [
      known(person, 'email'),
      { person, field: 'email', value: `sent${n}@example.org` },
      known(person, 'given_name', { uses: 1 }),
      { field: 'email', value: `nobody${n}@example.org` },
    ]);
    const { made, results } = await tokens.makeBatch(entries);
    expect(made).toBe(entries.length);
    const told = await tokens.revealBatch(results.map((one) => ('token' in one ? one.token : '')));
    expect(told.map((one) => ('value' in one ? one.value : one))).toEqual(
      people.flatMap((_, n) => [
        `p${n}@example.org`,
        `sent${n}@example.org`,
        `P${n}`,
        `nobody${n}@example.org`,
      ]),
    );
    const entriesMade = (await vault.entries()).filter(({ action }) => action === 'tokens.make');
    // One for each person, and one for what is nobody's.
    expect(entriesMade.map(({ count, details }) => `${count} ${String(details?.['known'])}`).sort()).toEqual(
      [...people.map(() => '3 2'), '40 undefined'].sort(),
    );
    await vault.query('DELETE FROM person');
    expect(await tokens.stored()).toBe(40);
  });

  it.each(['deterministic', TYPE])('is the same as when each is asked for by itself: %s', async (type) => {
    const person = await vault.enrol(ada);
    const alone = await tokens.ofPerson(person, { fields: ['phone'], type });
    const { results } = await tokens.makeBatch([
      known(person, 'phone', { type }),
      known(person, 'phone', { type }),
    ]);
    expect(results).toEqual([{ token: alone.tokens.phone }, { token: alone.tokens.phone }]);
    expect(await tokens.make(known(person, 'phone', { type }))).toBe(alone.tokens.phone);
    const sent = await tokens.make({ person, field: 'phone', value: ada.fields.phone, type });
    expect(sent).not.toBe(alone.tokens.phone);
  });

  it('is refused one by one, and what could be made is', async () => {
    const [person, broken] = [await vault.enrol(ada), await vault.enrol(ada)];
    const gone = await vault.enrol(ada);
    await vault.query('UPDATE person SET erasing = true WHERE person_id = $1', [
      await vault.personIdOf(gone),
    ]);
    await breakPhoneOf(broken);
    vault.said.length = 0;
    const wrong = [
      known(person, 'email'),
      known(person, 'birth_date'),
      known(broken, 'phone'),
      known(broken, 'email'),
      known(gone, 'email'),
      known('cps_00000000000000000000000000000000', 'email'),
      known(person, 'note'),
      known(person, 'email', { type: TYPE }),
      { field: 'email', known: true },
      { person, field: 'email' },
      known(person, 'email', { value: 'sent@example.org' }),
    ];
    const batch = await tokens.makeBatch(wrong);
    expect(outcomes(batch)).toEqual([
      ...['made', 'tokens.value_unknown', 'people.broken', 'made', 'people.not_found', 'people.not_found'],
      ...['request.invalid', 'tokens.type_not_allowed'],
      ...['request.invalid', 'request.invalid', 'request.invalid'],
    ]);
    expect(await tokens.stored()).toBe(2);
    expect(vault.said).toEqual(['values for tokens do not open']);
    for (const [entry, expected] of [
      [known(person, 'birth_date'), 'tokens.value_unknown'],
      [known(broken, 'phone'), 'people.broken'],
      [known(gone, 'email'), 'people.not_found'],
    ] as const)
      await expect(tokens.make(entry)).rejects.toEqual(code(expected));
  });

  it('is tokens for all or for none, where that is asked', async () => {
    const [person, other] = [
      await vault.enrol(ada),
      await vault.enrol({ fields: { email: 'bob@example.org' } }),
    ];
    const all = (...entries: object[]) => tokens.makeBatch(entries, { atomic: true });
    const refusedFor = (rule: string) => ({
      code: 'request.invalid',
      places: [{ path: 'body.values.1', rule }],
    });
    await expect(all(known(person, 'email'), known(other, 'phone'))).rejects.toMatchObject(
      refusedFor('tokens.value_unknown'),
    );
    await breakPhoneOf(person);
    vault.said.length = 0;
    await expect(all(known(person, 'email'), known(person, 'phone'))).rejects.toMatchObject(
      refusedFor('people.broken'),
    );
    expect(vault.said).toEqual(['values for tokens do not open']);
    expect(await tokens.stored()).toBe(0);
    expect(outcomes(await all(known(person, 'email'), known(other, 'email')))).toEqual(['made', 'made']);
  });

  it('is read as a change has left it, and not at all behind an erasure, by a batch that comes meanwhile', async () => {
    const [changing, erasing] = [await vault.enrol(ada), await vault.enrol(ada)];
    const [batch] = await vault.unitOfWork.run(async (tx) => {
      await updateIn(tx, changing, { phone: '+441632960002' });
      await tx.query('UPDATE person SET erasing = true WHERE person_id = $1', [
        await vault.personIdOf(erasing),
      ]);
      const asked = tokens.makeBatch([known(changing, 'phone'), known(erasing, 'phone')]);
      await waitingForALock();
      return [asked];
    });
    const { results } = (await batch) ?? { results: [] };
    expect(outcomes({ results })).toEqual(['made', 'people.not_found']);
    const [made] = results;
    expect(await tokens.reveal(made && 'token' in made ? made.token : '')).toMatchObject({
      value: '+441632960002',
    });
  });

  it('of another client’s people gets none', async () => {
    const person = await vault.enrol(ada);
    expect(outcomes(await tokens.makeBatch([known(person, 'email')], { asker: OTHER_SHOP }))).toEqual([
      'people.not_found',
    ]);
    expect(await tokens.stored()).toBe(0);
  });
});
