import type { GateId, SessionPseudonym } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';

const PURPOSE = 'fault-finding';
const NOTHING_BUT_THE_NO = {
  state: 'declined',
  purpose: PURPOSE,
  pseudonym: null,
  wrapped_key: null,
  domain_key: null,
  subject: null,
};

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
let people = 0;

async function somebody() {
  const name = await vault.enrol({ fields: { email: `d${++people}@example.org` } });
  const personId = await vault.personIdOf(name);
  const session = await vault.sessionOf(personId);
  return { personId, session, gate: encodeId('gat', randomId()) as GateId };
}

const decline = (session: SessionPseudonym, gate: GateId) => {
  const body = { session, purpose: PURPOSE, gate, epoch: 1 } as const;
  return run((tx) => vault.permits.decline(tx, API, body));
};
const open = (session: SessionPseudonym, gate: GateId, epoch: number) =>
  run((tx) => vault.permitOpenings.open(tx, API, { session, purpose: PURPOSE, gate, epoch }));
const freeze = (gate: GateId, epoch: number, keepNo?: true) =>
  run((tx) => vault.permits.freeze(tx, API, { gate, epoch, keepNo }));
const destroy = (gate: GateId, epoch: number, keepNo?: true) =>
  run((tx) => vault.permits.destroy(tx, API, gate, epoch, keepNo));

async function rowOf(gate: GateId) {
  const [row] = await vault.query('SELECT * FROM permit WHERE gate_id = $1', [decodeId('gat', gate)]);
  return row;
}

/** What the log says of whatever is done. */
async function noted(work: () => Promise<unknown>): Promise<string[]> {
  const before = (await vault.entries()).length;
  await work();
  return (await vault.entries()).slice(before).map(({ action }) => action);
}

describe('a permit that was objected to', () => {
  async function frozen() {
    const made = await somebody();
    const { pseudonym, subject } = await open(made.session, made.gate, 1);
    await freeze(made.gate, 2);
    return { ...made, pseudonym, subject };
  }

  it('loses pseudonym and key, and says whose no it is; the same message again changes nothing', async () => {
    const { gate, personId } = await frozen();
    expect(await noted(() => destroy(gate, 2, true))).toEqual(['permits.destroy']);
    expect(await rowOf(gate)).toMatchObject({ ...NOTHING_BUT_THE_NO, epoch: 2, person_id: personId });
    expect(await noted(() => destroy(gate, 2, true))).toEqual([]);
    expect(await destroy(gate, 2, true)).toEqual({ gate, state: 'declined', epoch: 2 });
  });

  it('has evidence of whom its entries were about for as long as one that was destroyed', async () => {
    const { gate, subject } = await frozen();
    const until = () =>
      vault.query<{ until: string | null }>('SELECT until::text FROM evidence WHERE subject = $1', [
        Buffer.from(subject ?? '', 'base64url'),
      ]);
    expect(await until()).toEqual([{ until: null }]);
    await destroy(gate, 2, true);
    expect(await until()).not.toEqual([{ until: null }]);
  });

  it('is not declined while it is open, nor by a message that a later one has overtaken', async () => {
    const { session, gate } = await frozen();
    await expect(destroy(gate, 1, true)).rejects.toThrow('permits.stale_epoch');
    const body = { session, gate, epoch: 3 };
    await run((tx) => vault.permitOpenings.resume(tx, API, body));
    await expect(destroy(gate, 3, true)).rejects.toThrow('permits.stale_epoch');
    expect(await rowOf(gate)).toMatchObject({ state: 'open' });
  });

  it('opens behind the same gate with another pseudonym and key', async () => {
    const { session, gate, pseudonym } = await frozen();
    await destroy(gate, 2, true);
    expect((await open(session, gate, 3)).pseudonym).not.toBe(pseudonym);
  });
});

describe('a no that stands', () => {
  it('is destroyed with its person alone', async () => {
    const { session, gate, personId } = await somebody();
    await decline(session, gate);
    await expect(destroy(gate, 9)).rejects.toThrow('permits.stale_epoch');
    expect(await rowOf(gate)).toMatchObject(NOTHING_BUT_THE_NO);
    const { erasure } = await run((tx) => vault.erasures.request(tx, SHOP, personId));
    await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
    expect(await rowOf(gate)).toMatchObject({ state: 'destroyed', person_id: null });
  });

  it('stands again where nothing came of a yes after it, and what was minted is gone', async () => {
    const { session, gate, personId } = await somebody();
    await decline(session, gate);
    await open(session, gate, 2);
    const done = () => freeze(gate, 3, true);
    expect(await noted(done)).toEqual(['permits.freeze', 'permits.destroy']);
    expect(await rowOf(gate)).toMatchObject({ ...NOTHING_BUT_THE_NO, epoch: 3, person_id: personId });
    expect(await noted(done)).toEqual([]);
    await expect(open(session, gate, 2)).rejects.toThrow('permits.stale_epoch');
  });

  it('does not stand again where a later yes came first', async () => {
    const { session, gate } = await somebody();
    await decline(session, gate);
    const { pseudonym } = await open(session, gate, 2);
    expect(await open(session, gate, 4)).toMatchObject({ pseudonym, epoch: 4 });
    expect(await freeze(gate, 3, true)).toMatchObject({ state: 'open', epoch: 4 });
  });
});

describe('what changes a permit is on record', () => {
  it('where the epoch of a no moves', async () => {
    const { session, gate } = await somebody();
    await decline(session, gate);
    expect(await noted(() => freeze(gate, 2))).toEqual(['permits.freeze']);
    expect(await rowOf(gate)).toMatchObject({ state: 'declined', epoch: 2 });
  });

  it('where a gate is closed that was never opened', async () => {
    const { gate } = await somebody();
    expect(await noted(() => freeze(gate, 2))).toEqual(['permits.freeze']);
  });
});
