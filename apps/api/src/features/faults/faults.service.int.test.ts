import { randomUUID } from 'node:crypto';
import { client, staff } from '@integument/authz';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { FaultsService } from './faults.service.js';
import { FaultsStore } from './faults.store.js';

let api: TestApi;
let faults: FaultsService;
beforeAll(async () => {
  api = await TestApi.open();
  faults = new FaultsService(new FaultsStore(), api.audit, api.unitOfWork);
});
afterAll(() => api.close());

const APP = {
  caller: client({ clientId: 'skin-app', use: 'health' }),
  requestId: randomUUID(),
} as never;
const ADMIN = {
  caller: staff({ id: 'adm', session: 'adm', roles: ['admin'], authenticatedAt: new Date() }),
  requestId: randomUUID(),
} as never;

async function reporter() {
  const { gate, pseudonym } = await api.openGate('fault-finding');
  const leave = await api.leaveFor(pseudonym, 'fault-finding');
  return {
    gate,
    pseudonym,
    report: (code: string, report: string = randomUUID()) =>
      api.unitOfWork.run((tx) =>
        faults.report(tx, APP, leave, { report, part: 'sync', code, version: '1.2.3' }),
      ),
    list: async () => (await api.unitOfWork.run((tx) => faults.list(tx, APP, leave))).faults,
  };
}
const countOf = async (code: string) =>
  (await faults.counts(ADMIN)).counts.find((one) => one.code === code)?.reports;

describe('a fault report', () => {
  it('is kept by permit, counted once, and unreadable in the table', async () => {
    const { report, list, pseudonym } = await reporter();
    const id = randomUUID();
    expect(await report('upload.timeout', id)).toEqual({ duplicate: false });
    expect(await report('upload.timeout', id)).toEqual({ duplicate: true });
    expect(await list()).toMatchObject([{ part: 'sync', code: 'upload.timeout', version: '1.2.3' }]);
    const rows = await api.query(
      "SELECT encode(sealed, 'escape') AS text FROM fault_report WHERE pseudonym = $1",
      [pseudonym],
    );
    expect(JSON.stringify(rows)).not.toContain('timeout');
  });

  it('is taken from nobody who objected', async () => {
    const { report, gate } = await reporter();
    await api.query(`UPDATE permit_gate SET state = 'frozen', epoch = 2, ends_on = NULL WHERE gate_id = $1`, [
      gate,
    ]);
    await expect(report('upload.timeout')).rejects.toMatchObject({ code: 'IG001' });
  });

  it('is shown as a count of some, and stays one when reports are erased or old', async () => {
    const one = await reporter();
    for (let n = 0; n < 4; n++) await one.report('screen.blank');
    expect(await countOf('screen.blank')).toBeUndefined();
    await one.report('screen.blank');
    expect(await countOf('screen.blank')).toBe(5);
    await api.query('UPDATE fault_report SET on_day = current_date - 91 WHERE pseudonym = $1', [
      one.pseudonym,
    ]);
    const other = await reporter();
    await other.report('screen.blank');
    await faults.forgetOld();
    expect(await one.list()).toEqual([]);
    expect(await other.list()).toHaveLength(1);
    await api.unitOfWork.run((tx) => faults.erase(tx, other.pseudonym));
    expect(await other.list()).toEqual([]);
    expect(await countOf('screen.blank')).toBe(6);
  });
});
