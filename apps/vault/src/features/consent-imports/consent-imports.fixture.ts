import { randomBytes } from 'node:crypto';
import { staff } from '@integument/authz';
import {
  type ClientPseudonym,
  type ConsentImportId,
  dayAfter,
  dayOf,
  type GateId,
  type PurposeName,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { API, SHOP, type TestVault } from '../../vault.fixture.js';

export const OFFICER: Asker = {
  caller: staff({ id: 'a'.repeat(32), roles: ['privacy-officer'] } as never),
  requestId: 'req-officer',
};
export const LEGAL = { code: 'legal', reference: 'CASE-7' } as const;

export const day = (ago: number) => dayAfter(dayOf(Date.now()), -ago);
export const notice = randomBytes(32).toString('hex');
export const evidence = { form: 'counter', wording: 'I agree', clerk: 'Ada Lovelace' };
export const consentOf = (person: string, change: object = {}) => ({
  person,
  purpose: 'ingest',
  notice,
  givenOn: day(30),
  evidence,
  ...change,
});

/** What a client and the data plane do with imports. @param vault of the test, which is there when the first of them is done */
export function importsAt(vault: () => TestVault) {
  let people = 0;
  const run: TestVault['unitOfWork']['run'] = (work) => vault().unitOfWork.run(work);
  const enrol = (region?: string, fields: object = {}) =>
    vault().enrol({ fields: { email: `k${++people}@example.org`, ...fields }, ...(region && { region }) });
  const bring = (consents: readonly unknown[], asker = SHOP, regions: readonly string[] | null = null) =>
    run((tx) => vault().imports.take(tx, asker, consents, regions));
  const read = (name: string, asker = SHOP) =>
    run((tx) => vault().imports.read(tx, asker, name as ConsentImportId));
  const pending = (purpose?: PurposeName, after?: GateId) =>
    run((tx) => vault().importedOpenings.pending(tx, API, { purpose, after }));
  const mint = (gates: readonly GateId[], epoch = 1) => {
    const asked = gates.map((gate) => ({ gate, epoch }));
    return run((tx) => vault().importedOpenings.mint(tx, API, { purpose: 'ingest', gates: asked }));
  };
  const settle = (done: readonly GateId[]) =>
    run((tx) =>
      vault().importedOpenings.settle(tx, API, { purpose: 'ingest', done: [...done], refused: [] }),
    );
  const freeze = (gate: GateId | undefined, epoch: number) =>
    run((tx) => vault().permits.freeze(tx, API, { gate: gate as GateId, epoch }));

  /** What waits of these people, by the names of their gates. */
  async function gatesOf(...names: readonly string[]): Promise<GateId[]> {
    const rows = await vault().query<{ gate_id: Buffer }>(
      `SELECT gate_id FROM imported_opening JOIN client_pseudonym USING (person_id)
       WHERE pseudonym = ANY($1) ORDER BY gate_id`,
      [names.map((name) => decodeId('cps', name))],
    );
    return rows.map(({ gate_id }) => encodeId('gat', gate_id) as GateId);
  }

  async function stateOf(gate: GateId | undefined): Promise<string | undefined> {
    const rows = await vault().query<{ state: string }>('SELECT state FROM permit WHERE gate_id = $1', [
      decodeId('gat', gate ?? ''),
    ]);
    return rows[0]?.state;
  }

  /** What a privacy officer is shown of somebody, whom staff know by a name of their own. */
  async function proofOf(personId: Buffer, purpose: PurposeName = 'ingest') {
    const name = randomId();
    await vault().query(
      `INSERT INTO client_pseudonym (person_id, client_id, pseudonym) VALUES ($1, 'console', $2)`,
      [personId, name],
    );
    const asked = { purpose, reason: LEGAL };
    return run((tx) =>
      vault().consentEvidence.read(tx, OFFICER, encodeId('cps', name) as ClientPseudonym, asked, null),
    );
  }

  return { run, enrol, bring, read, pending, mint, settle, freeze, gatesOf, stateOf, proofOf };
}
