import { randomBytes } from 'node:crypto';
import type { ConsentImportId, GateId } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';

const purpose = 'ingest';
const refusals = [{ at: 0, code: 'consent_imports.decided_here' }];

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const stateOf = (name: string) => run((tx) => vault.imports.read(tx, SHOP, name as ConsentImportId));

/** Somebody of whom a consent waits that they gave elsewhere a month ago. */
async function waiting(ago?: number) {
  const person = await vault.enrol({ fields: { email: `${randomBytes(6).toString('hex')}@example.org` } });
  const taken = await bring(person, ago);
  const rows = await vault.query<{ gate_id: Buffer }>(
    'SELECT gate_id FROM imported_opening JOIN client_pseudonym USING (person_id) WHERE pseudonym = $1',
    [decodeId('cps', person)],
  );
  return { person, taken, gates: rows.map(({ gate_id }) => encodeId('gat', gate_id) as GateId) };
}

function bring(person: string, ago = 30) {
  const givenOn = new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const notice = randomBytes(32).toString('hex');
  const consent = { person, purpose, notice, givenOn, evidence: 'On paper' };
  return run((tx) => vault.imports.take(tx, SHOP, [consent], null));
}

async function decidedHere(person: string): Promise<GateId> {
  const session = await vault.sessionOf(await vault.personIdOf(person));
  const gate = encodeId('gat', randomId()) as GateId;
  await run((tx) => vault.permitOpenings.open(tx, API, { session, purpose, gate, epoch: 1 }));
  return gate;
}

/** @param ago days that have passed since they took it back */
async function takenBackAndErased(person: string, ago = 0): Promise<void> {
  const gate = await decidedHere(person);
  await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
  await vault.query('UPDATE permit SET frozen_on = frozen_on - $2::int WHERE gate_id = $1', [
    decodeId('gat', gate),
    ago,
  ]);
  await run((tx) => vault.permits.destroy(tx, API, gate, 2));
}

const mint = (gates: readonly GateId[]) =>
  run((tx) =>
    vault.importedOpenings.mint(tx, API, { purpose, gates: gates.map((gate) => ({ gate, epoch: 1 })) }),
  );

describe('a consent from before, of somebody who has decided here', () => {
  it('while it waited, and whose permit is erased already, opens nothing', async () => {
    const { person, taken, gates } = await waiting();
    await takenBackAndErased(person);
    expect(await mint(gates)).toEqual({ minted: [], spent: gates });
    expect((await stateOf(taken.import)).refusals).toEqual(refusals);
  });

  it.each([
    [31, 'refused'],
    [30, 'refused'],
    [29, 'minted'],
  ])(
    '%i days ago, 30 days after they took it back here and it was erased today, is %s',
    async (ago, fate) => {
      const { person, taken, gates } = await waiting(ago);
      await takenBackAndErased(person, 30);
      const { minted } = await mint(gates);
      expect(minted.map(({ gate }) => gate)).toEqual(fate === 'minted' ? gates : []);
      expect((await stateOf(taken.import)).refusals).toEqual(fate === 'minted' ? [] : refusals);
    },
  );

  it('was taken back on the day of the first message, and of the last time that it was', async () => {
    const { person } = await waiting();
    const gate = await decidedHere(person);
    const day = async () =>
      (
        await vault.query('SELECT frozen_on::text FROM permit WHERE gate_id = $1', [decodeId('gat', gate)])
      )[0];
    const freeze = (epoch: number) => run((tx) => vault.permits.freeze(tx, API, { gate, epoch }));
    await freeze(2);
    await vault.query(`UPDATE permit SET frozen_on = '2026-01-01' WHERE gate_id = $1`, [
      decodeId('gat', gate),
    ]);
    await freeze(4);
    expect(await day()).toEqual({ frozen_on: '2026-01-01' });
    const session = await vault.sessionOf(await vault.personIdOf(person));
    await run((tx) => vault.permitOpenings.resume(tx, API, { session, gate, epoch: 5 }));
    expect(await day()).toEqual({ frozen_on: null });
    await freeze(6);
    expect(await day()).toEqual({ frozen_on: new Date().toISOString().slice(0, 10) });
  });

  it('is taken like any other, so that the answer tells of nobody', async () => {
    const { person } = await waiting();
    const grown = await vault.enrol({ fields: { email: 'undecided@example.org' } });
    await vault.query('DELETE FROM imported_opening');
    await decidedHere(person);
    const [one, other] = [await bring(person), await bring(grown)];
    expect(one.results).toEqual(other.results);
    expect(one.results).toEqual([{ accepted: true }]);
  });

  it('is refused later on with an entry about them', async () => {
    const { person, taken, gates } = await waiting();
    await decidedHere(person);
    await mint(gates);
    expect((await stateOf(taken.import)).refusals).toEqual(refusals);
    const rows = await vault.query<{ subject: Buffer }>(
      'SELECT p.subject FROM person p JOIN client_pseudonym USING (person_id) WHERE pseudonym = $1',
      [decodeId('cps', person)],
    );
    const entry = (await vault.entries()).findLast(({ action }) => action === 'consent_imports.decided_here');
    expect(entry).toMatchObject({ object: taken.import, purpose });
    expect(entry?.subject).toBe(rows[0]?.subject.toString('base64url'));
  });
});
