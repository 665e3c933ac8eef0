import type { GateId, SessionPseudonym } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API, TestVault } from '../../vault.fixture.js';
import { Family, newGate } from './family.fixture.js';

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterEach(() => {
  vault.ahead = 0;
});
afterAll(() => vault.close());

const open = (session: SessionPseudonym, gate: GateId, epoch: number) =>
  vault.unitOfWork.run((tx) =>
    vault.permitOpenings.open(tx, API, { session, purpose: 'ingest', gate, epoch }),
  );

describe('a permit that two open behind the same gate, at the same epoch,', () => {
  const agreedUnder = async (gate: GateId) =>
    (
      await vault.query<{ guardianship: Buffer | null }>(
        'SELECT guardianship FROM permit WHERE gate_id = $1',
        [decodeId('gat', gate)],
      )
    )[0]?.guardianship;

  it('is the child’s own once it has opened it itself, whoever did before', async () => {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const gate = newGate();
    const { session } = await family.session(guardianship);
    const { pseudonym } = await open(session, gate, 1);
    expect(await agreedUnder(gate)).not.toBeNull();
    // Old enough from here on.
    vault.ahead = 86_400_000;
    const childs = await vault.sessionOf(family.childId);
    expect(await open(childs, gate, 1)).toMatchObject({ pseudonym, epoch: 1, state: 'open' });
    expect(await agreedUnder(gate)).toBeNull();
  });

  it('ends with the guardianship of whoever opened it last', async () => {
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const { session } = await family.session(guardianship);
    const gate = newGate();
    vault.ahead = 86_400_000;
    await open(await vault.sessionOf(family.childId), gate, 1);
    vault.ahead = 0;
    await open(session, gate, 1);
    expect(await agreedUnder(gate)).not.toBeNull();
  });
});
