import {
  type ClientPseudonym,
  type ErasureId,
  type GateId,
  searchPeople,
  whereOf,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const REASON = { code: 'rights-request', reference: 'CASE-1' } as const;
let people = 0;

/** Somebody with an account, two permits and a session. */
async function somebody() {
  const [email, subject] = [`gone${++people}@example.org`, `gone-${people}`];
  const name = (await vault.enrol({ fields: { email }, account: { subject } })) as ClientPseudonym;
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const gates = [encodeId('gat', randomId()) as GateId, encodeId('gat', randomId()) as GateId];
  for (const [at, purpose] of (['ingest', 'recommendation'] as const).entries())
    await run((tx) =>
      vault.permitOpenings.open(tx, API, { session, purpose, gate: gates[at] as GateId, epoch: 1 }),
    );
  return { email, subject, name, session, gates };
}

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const erase = (name: ClientPseudonym, asker = SHOP) =>
  run((tx) => vault.erasures.requestFor(tx, asker, name, REASON, null));
const gatesClosed = (erasure: ErasureId) => run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
const completed = (erasure: ErasureId) => run((tx) => vault.erasures.completed(tx, API, erasure));
async function found(email: string) {
  const body = searchPeople.body?.parse({ field: 'email', value: email });
  if (!body) throw new Error('search has no body');
  return (await run((tx) => vault.search.find(tx, SHOP, whereOf(body), null))).people.length;
}

describe('somebody who is being erased', () => {
  it('is gone from search, reading, revealing and signing in from the first answer on', async () => {
    const { email, name, subject } = await somebody();
    await erase(name);
    expect(await found(email)).toBe(0);
    await expect(run((tx) => vault.people.read(tx, SHOP, name, null))).rejects.toThrow('people.not_found');
    const wanted = {
      fields: ['email' as const],
      purpose: 'delivery' as const,
      form: 'plain' as const,
      reason: REASON,
    };
    await expect(vault.reveals.reveal(SHOP, name, wanted)).rejects.toThrow('people.not_found');
    await expect(vault.beginSession(subject)).rejects.toThrow('sign_in.account_closed');
  });

  it('is listed for the data plane with every gate and session until it is done', async () => {
    const { name, gates, session } = await somebody();
    const { erasure } = await erase(name);
    const pending = async () =>
      (await vault.unitOfWork.run((tx) => vault.erasures.pending(tx, API))).erasures.find(
        (one) => one.erasure === erasure,
      );
    const listed = await pending();
    expect(listed).toMatchObject({ state: 'requested', sessions: [session] });
    expect(new Set(listed?.gates)).toEqual(new Set(gates));
    await gatesClosed(erasure);
    expect(await pending()).toMatchObject({ state: 'keys-destroyed' });
    await completed(erasure);
    expect(await pending()).toBeUndefined();
  });

  it('loses every key and every row that named them', async () => {
    const { name, gates, email } = await somebody();
    const { erasure, claim } = await erase(name);
    expect(await gatesClosed(erasure)).toMatchObject({ keysDestroyed: 3 });
    const { keys } = await run((tx) => vault.permits.handOutKeys(tx, API, { gates, use: 'forget' }));
    expect(keys).toEqual([]);
    const [left] = await vault.query(`SELECT
      (SELECT count(*)::int FROM person WHERE erasing) AS people,
      (SELECT count(*)::int FROM identity_value v WHERE NOT EXISTS (SELECT FROM person p WHERE p.person_id = v.person_id)) AS values,
      (SELECT count(*)::int FROM erasure WHERE state = 'keys-destroyed' AND person_id IS NOT NULL) AS named`);
    expect(left).toMatchObject({ values: 0, named: 0 });
    expect(await found(email)).toBe(0);
    await expect(vault.personIdOf(name)).rejects.toThrow('nobody has this name');
    const read = (header: unknown) =>
      vault.unitOfWork.run((tx) => vault.erasures.read(tx, { requestId: 'req' }, erasure, header));
    expect(await read(claim)).toMatchObject({ state: 'keys-destroyed', keysDestroyed: 3 });
    await expect(read(undefined)).rejects.toThrow('erasure.not_found');
    await expect(read(encodeId('ecl', randomId()))).rejects.toThrow('erasure.not_found');
  });

  it('is not completed before the keys are destroyed, and each step may come twice', async () => {
    const { name } = await somebody();
    const { erasure } = await erase(name);
    await expect(completed(erasure)).rejects.toThrow('erasure.out_of_order');
    const first = await gatesClosed(erasure);
    expect(await gatesClosed(erasure)).toEqual(first);
    await completed(erasure);
    await completed(erasure);
    const entries = (await vault.entries()).filter(({ object }) => object === erasure);
    expect(entries.map(({ action }) => action)).toEqual([
      'people.erase',
      'erasure.gates_closed',
      'erasure.completed',
    ]);
  });

  it('is erased once: a second request, also at the same time, finds nobody', async () => {
    const { name } = await somebody();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => erase(name)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not erased by a client that has no name for them', async () => {
    const { name, email } = await somebody();
    await expect(erase(name, OTHER_SHOP)).rejects.toThrow('people.not_found');
    expect(await found(email)).toBe(1);
  });

  it('gets no permit from an opening that runs at the same time and is not listed', async () => {
    for (let round = 0; round < 10; round++) {
      const { name, session } = await somebody();
      const gate = encodeId('gat', randomId()) as GateId;
      const opening = run((tx) =>
        vault.permitOpenings.open(tx, API, { session, purpose: 'analytics', gate, epoch: 1 }),
      ).then(
        () => true,
        () => false,
      );
      const [opened, { erasure }] = await Promise.all([opening, erase(name)]);
      const { erasures } = await vault.unitOfWork.run((tx) => vault.erasures.pending(tx, API));
      expect(erasures.find((one) => one.erasure === erasure)?.gates.includes(gate)).toBe(opened);
      await gatesClosed(erasure);
      await completed(erasure);
    }
  });
});
