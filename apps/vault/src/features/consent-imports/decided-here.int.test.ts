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
async function waiting() {
  const person = await vault.enrol({ fields: { email: `${randomBytes(6).toString('hex')}@example.org` } });
  const taken = await bring(person);
  const rows = await vault.query<{ gate_id: Buffer }>(
    'SELECT gate_id FROM imported_opening JOIN client_pseudonym USING (person_id) WHERE pseudonym = $1',
    [decodeId('cps', person)],
  );
  return { person, taken, gates: rows.map(({ gate_id }) => encodeId('gat', gate_id) as GateId) };
}

function bring(person: string) {
  const givenOn = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
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

async function takenBackAndErased(person: string): Promise<void> {
  const gate = await decidedHere(person);
  await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
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
