import { randomBytes } from 'node:crypto';
import { type ClientPseudonym, updatePerson } from '@integument/contracts';
import { Idempotency, type IdempotentRequest } from '@integument/database';
import { Answer, Effects, type InputOf } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP, TestVault } from '../../vault.fixture.js';
import { PeopleController } from './people.controller.js';

const REASON = { code: 'rights-request', reference: 'CASE-2' } as const;

let vault: TestVault;
let controller: PeopleController;
beforeAll(async () => {
  vault = await TestVault.open();
  const effects = new Effects(vault.unitOfWork, new Idempotency(randomBytes(32)));
  controller = new PeopleController(
    vault.desk,
    vault.people,
    vault.reveals,
    vault.rulesInForce,
    vault.unitOfWork,
    effects,
  );
});
afterAll(() => vault.close());

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
