import { pendingConsentEndings } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../../apps/api/src/api.fixture.js';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { API, TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';

let vault: TestVault;
let api: TestApi;
let line: InProcessVault;
beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
});
afterAll(async () => {
  await api.close();
  await vault.close();
});

describe('the list of consents that end', () => {
  const pending = async () =>
    (await vault.unitOfWork.run((tx) => vault.consentEndings.pending(tx, API))).endings;

  it('loses what the data plane has no gate of', async () => {
    const made = await Family.of(vault);
    const { guardianship } = await made.record();
    const { session } = await made.session(guardianship);
    await made.open(session);
    await made.end(guardianship);
    expect(await pending()).toHaveLength(1);
    await api.guardianshipEndings.carryOut();
    expect(await pending()).toEqual([]);
  });

  it('is no reason to end what was agreed to since it was made', async () => {
    const made = await Family.of(vault);
    const { guardianship } = await made.record();
    const guardian = await api.openSession(await api.sessions.redeem(await made.code(guardianship)));
    await api.consent.give(await api.asker(guardian), 'ingest', api.agreementTo('ingest'));
    await made.end(guardianship);
    const { underWay, release } = line.delayNext(pendingConsentEndings);
    const carried = api.guardianshipEndings.carryOut();
    await underWay;
    // Meanwhile the consent was ended and given again, at a later epoch.
    const gate = (await pending())[0]?.gate ?? '';
    await api.query('UPDATE permit_gate SET epoch = epoch + 2 WHERE gate_id = $1', [decodeId('gat', gate)]);
    release();
    expect(await carried).toBe(0);
    const state = 'SELECT state FROM permit_gate WHERE gate_id = $1';
    expect(await api.query(state, [decodeId('gat', gate)])).toEqual([{ state: 'open' }]);
  });
});
