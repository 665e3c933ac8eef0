import { describe, expect, it } from 'vitest';
import { Called } from '../../../libs/http/src/called.fixture.js';
import { rounds } from './worker-duties.js';

const HOUR = 3_600_000;
const SCATTER = 'rows in the order in which people came';

/** @param left tables that are too large to be scattered */
async function worker(left: readonly string[] = []) {
  const warned: unknown[] = [];
  const called = new Called({ answers: { 'ScatteredRows.scatter': left } });
  const logger = { warn: (...said: unknown[]) => void warned.push(said) };
  return { table: await called.tableOf(rounds(called.find, 60, logger)), warned };
}

describe('the worker', () => {
  it('does each of its duties in its time', async () => {
    const { table, warned } = await worker();
    expect(table).toEqual([
      [200, 'sessions that the vault ended', 'SessionEndings.carryOut'],
      [1_000, 'guardianships that are over', 'GuardianshipEndings.carryOut'],
      [500, 'erasures', 'ErasureService.carryOut'],
      [500, 'imported consents', 'ConsentImports.carryOut'],
      [15_000, 'gates left opening', 'GateReconciler.run'],
      [HOUR, 'permits whose time is up', 'ErasureService.eraseDue'],
      [HOUR, 'consents that end', 'ConsentExpiry.run'],
      [HOUR, 'letters about consents', 'ConsentLetters.foretell'],
      [HOUR, 'opt-outs of which all have heard', 'RecipientsHeard.endClocks'],
      [HOUR, 'old fault reports', 'FaultsService.forgetOld'],
      [HOUR, SCATTER, 'ScatteredRows.scatter'],
      [HOUR, 'ended sessions', 'SessionsStore.deleteExpired'],
      [HOUR, 'spent proofs', 'DELETE FROM dpop_spent'],
      [HOUR, 'kept replies', 'Idempotency.sweep'],
    ]);
    expect(warned).toEqual([]);
  });

  it('says which tables it had to leave in the order in which people came', async () => {
    const { warned } = await worker(['reading_chunk', 'permit_gate']);
    expect(warned).toEqual([['tables were left as they are', { component: 'reading_chunk, permit_gate' }]]);
  });
});
