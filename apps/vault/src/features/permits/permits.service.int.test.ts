import { CodedError, type GateId, type PermitState } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { proofCount } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const PURPOSE = 'ingest';
const MAX_EPOCH = 5;
const fresh = () => encodeId('gat', randomId()) as GateId;

let people = 0;
async function somebody() {
  const name = await vault.enrol({ fields: { email: `p${++people}@example.org` } });
  const personId = await vault.personIdOf(name);
  return { name, personId, session: await vault.sessionOf(personId) };
}

const open = (session: Awaited<ReturnType<typeof somebody>>['session'], gate: GateId, epoch: number) =>
  vault.unitOfWork.run((tx) =>
    vault.permitOpenings.open(tx, API, { session, purpose: PURPOSE, gate, epoch }),
  );
const resume = (session: Parameters<typeof open>[0], gate: GateId, epoch: number) =>
  vault.unitOfWork.run((tx) => vault.permitOpenings.resume(tx, API, { session, gate, epoch }));
const freeze = (gate: GateId, epoch: number) =>
  vault.unitOfWork.run((tx) => vault.permits.freeze(tx, API, { gate, epoch }));
const destroy = (gate: GateId, epoch: number) =>
  vault.unitOfWork.run((tx) => vault.permits.destroy(tx, API, gate, epoch));
const keys = async (gates: GateId[], use: 'process' | 'rights' | 'forget') =>
  (await vault.unitOfWork.run((tx) => vault.permits.handOutKeys(tx, API, { gates, use }))).keys;
async function stateOf(gate: GateId) {
  const sql = 'SELECT state, epoch FROM permit WHERE gate_id = $1';
  const [row] = await vault.query<{ state: PermitState; epoch: number }>(sql, [decodeId('gat', gate)]);
  return row;
}

/** What an open, frozen or destroyed permit is, written down again and without a database. */
interface Model {
  state: Exclude<PermitState, 'opening'> | 'absent';
  epoch: number;
}
type Message = 'open' | 'resume' | 'freeze' | 'destroy';

/** @returns whether the vault does what the message says, or confirms that it has been done */
function expected(model: Model, message: Message, epoch: number): boolean {
  const { state } = model;
  switch (message) {
    case 'open':
      if (state !== 'absent' && (state !== 'open' || model.epoch > epoch)) return false;
      Object.assign(model, { state: 'open', epoch });
      return true;
    case 'resume':
      if (state === 'absent' || state === 'destroyed' || epoch < model.epoch) return false;
      if (epoch === model.epoch) return state === 'open';
      Object.assign(model, { state: 'open', epoch });
      return true;
    case 'freeze':
      if (state === 'absent') Object.assign(model, { state: 'destroyed', epoch });
      else if (state !== 'destroyed' && epoch > model.epoch) Object.assign(model, { state: 'frozen', epoch });
      return true;
    case 'destroy':
      if (state === 'destroyed') return true;
      if (state === 'open' || epoch < model.epoch) return false;
      Object.assign(model, { state: 'destroyed', epoch });
      return true;
  }
}

async function send(
  message: Message,
  session: Parameters<typeof open>[0],
  gate: GateId,
  epoch: number,
): Promise<boolean> {
  const sent = {
    open: () => open(session, gate, epoch),
    resume: () => resume(session, gate, epoch),
    freeze: () => freeze(gate, epoch),
    destroy: () => destroy(gate, epoch),
  }[message]();
  return sent.then(
    () => true,
    (error: unknown) => {
      if (error instanceof CodedError) return false;
      throw error;
    },
  );
}

const messages = fc.array(
  fc.tuple(
    fc.constantFrom<Message>('open', 'resume', 'freeze', 'destroy'),
    fc.integer({ min: 1, max: MAX_EPOCH }),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('messages about a permit', () => {
  it('in any order and number end as the epochs say', async () => {
    await fc.assert(
      fc.asyncProperty(messages, async (sequence) => {
        const { session } = await somebody();
        const gate = fresh();
        const model: Model = { state: 'absent', epoch: 0 };
        for (const [message, epoch] of sequence) {
          const said = await send(message, session, gate, epoch);
          expect(said, `${message} ${epoch}`).toBe(expected(model, message, epoch));
          const known = await stateOf(gate);
          expect(known ? { state: known.state, epoch: known.epoch } : { state: 'absent', epoch: 0 }).toEqual(
            model,
          );
        }
      }),
      { numRuns: proofCount(60, 1_000) },
    );
  }, 300_000);

  it('never bring a destroyed permit back, nor its pseudonym or key', async () => {
    const { session } = await somebody();
    const gate = fresh();
    await open(session, gate, 1);
    await freeze(gate, 2);
    await destroy(gate, 2);
    await expect(open(session, gate, 9)).rejects.toThrow('permits.stale_epoch');
    await expect(resume(session, gate, 9)).rejects.toThrow('permits.not_found');
    const [row] = await vault.query('SELECT * FROM permit WHERE gate_id = $1', [decodeId('gat', gate)]);
    expect(row).toMatchObject({ state: 'destroyed', pseudonym: null, person_id: null, wrapped_key: null });
    await expect(
      vault.query("UPDATE permit SET state = 'open' WHERE gate_id = $1", [decodeId('gat', gate)]),
    ).rejects.toThrow('a destroyed permit stays destroyed');
  });

  it('of a freeze bring the key for the person’s own rights with them where it is asked for, and say so in the log', async () => {
    const { session } = await somebody();
    const gate = fresh();
    await open(session, gate, 1);
    const [handed] = await keys([gate], 'rights');
    const before = (await vault.entries()).length;
    const ask = (epoch: number) =>
      vault.unitOfWork.run((tx) => vault.permits.freeze(tx, API, { gate, epoch, withKey: true }));
    expect((await ask(2)).key).toBe(handed?.key);
    // Heard before: whoever asks again asks for the key by itself.
    expect((await ask(2)).key).toBeUndefined();
    const said = (await vault.entries()).slice(before);
    expect(said.map(({ action, count, details }) => [action, count ?? 0, details?.['use']])).toEqual([
      ['permits.freeze', 0, undefined],
      ['permits.keys', 1, 'rights'],
    ]);
  });

  it.each([
    { what: 'freeze', end: freeze },
    { what: 'destruction', end: destroy },
  ])('that overtake the opening win: a $what of an unknown gate is remembered', async ({ end }) => {
    const { session } = await somebody();
    const gate = fresh();
    expect(await end(gate, 2)).toMatchObject({ state: 'destroyed' });
    await expect(open(session, gate, 1)).rejects.toThrow('permits.stale_epoch');
    expect(await keys([gate], 'rights')).toEqual([]);
  });

  it('sent twice mint once', async () => {
    const { session } = await somebody();
    const gate = fresh();
    const replies = await Promise.all(Array.from({ length: 20 }, () => open(session, gate, 1)));
    expect(new Set(replies.map(({ pseudonym }) => pseudonym)).size).toBe(1);
  });

  it('of two sessions at once open one permit for the purpose', async () => {
    const { session, personId } = await somebody();
    const other = await vault.sessionOf(personId);
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, at) => open(at % 2 ? session : other, fresh(), 1)),
    );
    expect(new Set(replies.map(({ gate }) => gate)).size).toBe(1);
  });

  it('are refused for a session that is unknown, over, or of somebody being erased', async () => {
    const { session, personId, name } = await somebody();
    await expect(open(encodeId('ssn', randomId()) as typeof session, fresh(), 1)).rejects.toThrow(
      'session_unknown',
    );
    const over = await vault.sessionOf(personId);
    await vault.query("UPDATE api_session SET expires_at = now() - interval '1 s' WHERE session = $1", [
      decodeId('ssn', over),
    ]);
    await expect(open(over, fresh(), 1)).rejects.toThrow('session_unknown');
    const reason = { code: 'customer-request', reference: 'CASE-1' } as const;
    await vault.unitOfWork.run((tx) => vault.erasures.requestFor(tx, SHOP, name as never, reason, null));
    await expect(open(session, fresh(), 1)).rejects.toThrow('session_unknown');
  });
});

describe('the key of a permit', () => {
  it('is handed out while it is open; when frozen only for rights and to forget; then never again', async () => {
    const { session } = await somebody();
    const gate = fresh();
    await open(session, gate, 1);
    const [key] = await keys([gate], 'process');
    await freeze(gate, 2);
    expect(await keys([gate], 'process')).toEqual([]);
    expect((await keys([gate], 'rights')).map((one) => one.key)).toEqual([key?.key]);
    expect((await keys([gate], 'forget')).map((one) => one.key)).toEqual([key?.key]);
    await resume(session, gate, 3);
    expect(await keys([gate], 'process')).toEqual([{ gate, epoch: 3, key: key?.key }]);
    await freeze(gate, 4);
    await destroy(gate, 4);
    for (const use of ['process', 'rights', 'forget'] as const) expect(await keys([gate], use)).toEqual([]);
  });

  it('of an unknown gate is left out, not refused: who asks for many gets those there are', async () => {
    const { session } = await somebody();
    const gate = fresh();
    await open(session, gate, 1);
    expect((await keys([fresh(), gate, fresh()], 'process')).map((one) => one.gate)).toEqual([gate]);
  });

  it('moved to another permit is refused', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const [mine, theirs] = [fresh(), fresh()];
    await open(one.session, mine, 1);
    await open(other.session, theirs, 1);
    await vault.query(
      'UPDATE permit SET wrapped_key = (SELECT wrapped_key FROM permit WHERE gate_id = $2) WHERE gate_id = $1',
      [decodeId('gat', mine), decodeId('gat', theirs)],
    );
    await expect(keys([mine], 'process')).rejects.toThrow('sealed value could not be opened');
  });

  it('is another one for each purpose and person, and so is the pseudonym', async () => {
    const { session } = await somebody();
    const gates = [fresh(), fresh()];
    const purposes = ['recommendation', 'analytics'] as const;
    const permits = await Promise.all(
      gates.map((gate, at) =>
        vault.unitOfWork.run((tx) =>
          vault.permitOpenings.open(tx, API, { session, purpose: purposes[at] ?? PURPOSE, gate, epoch: 1 }),
        ),
      ),
    );
    expect(new Set(permits.map(({ pseudonym }) => pseudonym)).size).toBe(2);
    expect(new Set((await keys(gates, 'process')).map(({ key }) => key)).size).toBe(2);
  });

  it('never goes without its entry in the audit log', async () => {
    const before = (await vault.entries()).length;
    await keys([fresh()], 'forget');
    const [entry] = (await vault.entries()).slice(before);
    expect(entry).toMatchObject({ action: 'permits.keys', count: 0, details: { use: 'forget' } });
  });
});
