import { commit } from '@integument/crypto';
import { expect } from 'vitest';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import type { Somebody, Survivor, Tokened } from './survivor.js';

const FIELDS = ['email' as const, 'phone' as const];
const WISH = { fields: FIELDS, purpose: 'delivery', form: 'plain' } as const;
const REASON = { code: 'customer-request', reference: 'CASE-1' } as const;
const GRANT = { regions: null, policies: [{ id: 'delivery', regions: null }] };

/** Somebody is who was enrolled: by name, by value, by part of a value, and by account. */
export async function expectSomebody({ vault }: Survivor, somebody: Somebody): Promise<void> {
  const { name, email, phone, subject, personId } = somebody;
  const { people, unitOfWork } = vault;
  const shown = await unitOfWork.run((tx) =>
    people.reveal(tx, SHOP, name, { ...WISH, fields: [...FIELDS], reason: REASON }, GRANT),
  );
  expect(shown.fields).toEqual({ email, phone });
  expect(await found(vault, { email })).toEqual([name]);
  expect(await found(vault, { 'email:domain': email.split('@')[1] as string })).toEqual([name]);
  await vault.beginSession(subject);
  const sql = 'SELECT person_id FROM sign_in ORDER BY began_at DESC LIMIT 1';
  expect(await vault.query(sql)).toEqual([{ person_id: personId }]);
}

async function found(vault: Survivor['vault'], where: object): Promise<string[]> {
  const { people } = await vault.unitOfWork.run((tx) => vault.search.find(tx, SHOP, where, null));
  return people.map(({ person }) => person);
}

/** A token leads to its value, and the value to it where it is the same for the same value. */
export async function expectToken(survivor: Survivor, { value, token, type, of }: Tokened): Promise<void> {
  expect(await survivor.making.reveal(token)).toMatchObject({ value });
  if (type === 'random') return;
  const again = of
    ? await survivor.tokenOf(of)
    : await survivor.making.make({ field: 'note', value, type: 'deterministic' });
  expect(again).toBe(token);
}

/** All that was ever written is there, opens, and is what was written; and nothing else is. */
export async function expectEverything(survivor: Survivor): Promise<void> {
  const { vault, people, tokens, permits, models, goneEmails } = survivor;
  for (const somebody of people) await expectSomebody(survivor, somebody);
  for (const token of tokens) await expectToken(survivor, token);
  for (const email of goneEmails) expect(await found(vault, { email })).toEqual([]);
  for (const [gate, { key }] of permits) expect(await survivor.keyOf(gate)).toEqual(key);
  for (const [modelKey, key] of models) {
    const read = vault.unitOfWork.run((tx) => survivor.modelKeys.read(tx, SHOP, modelKey));
    expect((await read).key).toBe(key);
  }
  await expectCounts(survivor);
  await expectEvidence(survivor);
}

async function expectCounts({ vault, people, tokens }: Survivor): Promise<void> {
  const sql = `SELECT (SELECT count(*) FROM person)::int AS people, (SELECT count(*) FROM account)::int AS accounts,
    (SELECT count(*) FROM token)::int AS tokens, (SELECT count(*) FROM token WHERE digest IS NOT NULL)::int AS same`;
  const same = tokens.filter(({ type }) => type === 'deterministic').length;
  const counts = { people: people.length, accounts: people.length, tokens: tokens.length, same };
  expect(await vault.query(sql)).toEqual([counts]);
}

async function expectEvidence({ vault }: Survivor): Promise<void> {
  for (const { subject } of await vault.query<{ subject: Buffer }>('SELECT subject FROM evidence')) {
    const opened = await vault.unitOfWork.run((tx) => vault.evidence.open(tx, subject));
    expect(opened && commit(opened.salt, opened.id)).toEqual(subject);
  }
}
