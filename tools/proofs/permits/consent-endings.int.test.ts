import { pendingConsentEndings } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { API } from '../../../apps/vault/src/vault.fixture.js';
import { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

describe('the list of consents that end', () => {
  const pending = async () =>
    (await planes.vault.unitOfWork.run((tx) => planes.vault.consentEndings.pending(tx, API))).endings;

  it('loses what the data plane has no gate of', async () => {
    const made = await Family.of(planes.vault);
    const { guardianship } = await made.record();
    const { session } = await made.session(guardianship);
    await made.open(session);
    await made.end(guardianship);
    expect(await pending()).toHaveLength(1);
    await planes.api.guardianshipEndings.carryOut();
    expect(await pending()).toEqual([]);
  });

  it('is no reason to end what was agreed to since it was made', async () => {
    const made = await Family.of(planes.vault);
    const { guardianship } = await made.record();
    const { vault, api } = planes;
    const code = await made.code(guardianship);
    await (await PersonSession.redeem(vault, api, made.childId, code)).give();
    await made.end(guardianship);
    const { underWay, release } = planes.line.delayNext(pendingConsentEndings);
    const carried = planes.api.guardianshipEndings.carryOut();
    await underWay;
    // Meanwhile the consent was ended and given again, at a later epoch.
    const gate = (await pending())[0]?.gate ?? '';
    await planes.api.query('UPDATE permit_gate SET epoch = epoch + 2 WHERE gate_id = $1', [
      decodeId('gat', gate),
    ]);
    release();
    expect(await carried).toBe(0);
    const state = 'SELECT state FROM permit_gate WHERE gate_id = $1';
    expect(await planes.api.query(state, [decodeId('gat', gate)])).toEqual([{ state: 'open' }]);
  });
});
