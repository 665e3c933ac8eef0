import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateNoteKey, NoteSigner } from '../core/index.js';
import { AuditLog } from './audit-log.js';
import { AuditPulse } from './audit-pulse.js';
import { entry, TestLog } from './log.fixture.js';

let log: TestLog;
let now: number;
let told: boolean[];
let pulse: AuditPulse;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  now = 0;
  told = [];
  pulse = new AuditPulse({
    unitOfWork: log.unitOfWork,
    patienceMs: 10_000,
    onChange: (stalled) => told.push(stalled),
    now: () => now,
  });
});

async function lookAt(time: number): Promise<boolean> {
  now = time;
  await pulse.look();
  return pulse.isStalled();
}

describe('a log that is not being signed', () => {
  it('is stalled once entries have waited beyond patience, and is not the moment it is signed again', async () => {
    await log.append(0);
    expect([await lookAt(0), await lookAt(10_000), await lookAt(10_001)]).toEqual([false, false, true]);
    await log.integrator().integrate();
    expect([await lookAt(10_500), told]).toEqual([false, [true, false]]);
  });

  it('takes no entries: the effect fails with its entry', async () => {
    const audit = new AuditLog(undefined, pulse.isStalled);
    await log.append(0);
    await lookAt(0);
    await lookAt(60_000);
    const work = log.unitOfWork.run((tx) => audit.append(tx, entry(1)));
    await expect(work).rejects.toMatchObject({ code: 'audit.unavailable', status: 503 });
    await log.integrator().integrate();
    await lookAt(61_000);
    await log.unitOfWork.run((tx) => audit.append(tx, entry(2)));
    await log.integrator().integrate();
    expect(await log.numbers()).toEqual([0, 2]);
  });

  it('is what a wrong signing key ends in', async () => {
    await log.append(0);
    await log.integrator().integrate();
    const other = NoteSigner.parse(generateNoteKey(log.signer.name).skey);
    await log.append(1);
    await lookAt(0);
    await expect(log.integrator({ signer: other }).integrate()).rejects.toThrow();
    expect(await lookAt(10_001)).toBe(true);
  });
});

describe('a log that is being signed', () => {
  it('is not stalled by steady traffic, nor by a long silence before an entry', async () => {
    for (let n = 0; n < 5; n++) {
      await log.append(n);
      expect(await lookAt(n * 9_000)).toBe(false);
      await log.integrator().integrate();
      await log.append(100 + n);
      expect(await lookAt(n * 9_000 + 8_000)).toBe(false);
    }
    await log.integrator().integrate();
    expect(await lookAt(500_000)).toBe(false);
    await log.append(7);
    expect(await lookAt(900_000)).toBe(false);
    expect(told).toEqual([]);
  });
});
