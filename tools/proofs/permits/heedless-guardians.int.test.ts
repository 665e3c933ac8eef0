import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  await planes.vault.query(`INSERT INTO client (client_id, use) VALUES ('brand-shop', 'identity')`);
});
afterAll(() => planes.close());

describe('whom a client named as a guardian that is suspended', () => {
  it('reads no more at the data plane, where the child itself goes on and what was agreed to stays', async () => {
    const { vault, api, sessionEndings } = planes;
    const family = await Family.of(vault);
    const { guardianship } = await family.record();
    const guardian = await PersonSession.redeem(vault, api, family.childId, await family.code(guardianship));
    await guardian.give();
    const child = await planes.signIn(family.childId);
    await vault.query(`UPDATE client SET suspended_at = now() WHERE client_id = 'brand-shop'`);
    await sessionEndings.carryOut();
    expect([await guardian.isOpen(), await child.isOpen()]).toEqual([false, true]);
    await planes.settle();
    expect(await child.state()).toBe('open');
  });
});
