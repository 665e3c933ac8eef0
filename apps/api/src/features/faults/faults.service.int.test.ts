import { randomUUID } from 'node:crypto';
import { client, staff } from '@integument/authz';
import { type BodyOf, FAULTS_SHOWN_DAYS, FAULTS_SHOWN_FROM, reportFault } from '@integument/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { FaultsService } from './faults.service.js';
import { FaultsStore } from './faults.store.js';

type Code = BodyOf<typeof reportFault>['code'];

let api: TestApi;
let faults: FaultsService;
beforeAll(async () => {
  api = await TestApi.open();
  faults = new FaultsService(new FaultsStore(), api.audit, api.unitOfWork);
});
afterAll(() => api.close());
beforeEach(() => api.query('TRUNCATE fault_report, fault_count, fault_counted'));

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
    report: (code: Code, report: string = randomUUID()) =>
      api.unitOfWork.run((tx) =>
        faults.report(tx, APP, leave, { report, part: 'sync', code, version: '1.2.3' }),
      ),
    list: async () => (await api.unitOfWork.run((tx) => faults.list(tx, APP, leave))).faults,
  };
}
const rowsOf = (table: string, pseudonym: Buffer | undefined) =>
  api.query(`SELECT 1 FROM ${table} WHERE pseudonym = $1`, [pseudonym]);
/** So many days go by for what is there. */
const age = (table: string, days: number) =>
  api.query(`UPDATE ${table} SET on_day = on_day - $1::int`, [days]);
const countOf = async (code: string) =>
  (await faults.counts(ADMIN)).counts.find((one) => one.code === code)?.people;

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

  it('is shown where some have it, however often one of them says so, and stays so when reports are erased', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: FAULTS_SHOWN_FROM }, reporter));
    for (let n = 0; n < 4; n++) await first?.report('screen.blank');
    await Promise.all([first?.report('screen.blank'), first?.report('screen.blank')]);
    for (const other of others.slice(1)) await other.report('screen.blank');
    expect(await countOf('screen.blank')).toBeUndefined();
    await others[0]?.report('screen.blank');
    expect(await countOf('screen.blank')).toBe(FAULTS_SHOWN_FROM);
    await api.unitOfWork.run((tx) => faults.erase(tx, others[0]?.pseudonym as Buffer));
    expect(await others[0]?.list()).toEqual([]);
    expect(await countOf('screen.blank')).toBe(FAULTS_SHOWN_FROM);
    expect(await rowsOf('fault_counted', others[0]?.pseudonym)).toHaveLength(0);
  });

  it('counts who has it anew when it was last counted before what is shown', async () => {
    const some = await Promise.all(Array.from({ length: FAULTS_SHOWN_FROM }, reporter));
    for (const { report } of some) await report('battery.low');
    await age('fault_count', FAULTS_SHOWN_DAYS - 1);
    await age('fault_counted', FAULTS_SHOWN_DAYS - 1);
    for (const { report } of some) await report('battery.low');
    expect(await countOf('battery.low')).toBe(FAULTS_SHOWN_FROM);
    await age('fault_count', 1);
    await age('fault_counted', 1);
    expect(await countOf('battery.low')).toBeUndefined();
    for (const { report } of some) await report('battery.low');
    expect(await countOf('battery.low')).toBe(FAULTS_SHOWN_FROM);
  });

  it('is forgotten when it is old, and so are counts that nobody is shown', async () => {
    const [one, other] = [await reporter(), await reporter()];
    await one.report('storage.full');
    await age('fault_report', 91);
    await age('fault_count', FAULTS_SHOWN_DAYS);
    await age('fault_counted', FAULTS_SHOWN_DAYS);
    await other.report('storage.full');
    await faults.forgetOld();
    expect([await one.list(), await other.list()]).toMatchObject([[], [{ code: 'storage.full' }]]);
    expect(await rowsOf('fault_counted', one.pseudonym)).toHaveLength(0);
    expect(await api.query("SELECT reports FROM fault_count WHERE code = 'storage.full'")).toEqual([
      { reports: 1 },
    ]);
  });

  it('has no words but those of the contract', () => {
    const fault = { report: randomUUID(), part: 'sync', code: 'upload.timeout', version: '1.2.3' };
    expect(reportFault.body?.safeParse(fault).success).toBe(true);
    for (const words of [{ part: 'anna.meyer' }, { code: 'eczema' }])
      expect(reportFault.body?.safeParse({ ...fault, ...words }).success).toBe(false);
  });
});
