import type { AuditEntry } from '@integument/audit-log';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestLog } from '../../audit-log/src/sql/log.fixture.js';
import { StrangerCounts } from './stranger-counts.js';

let log: TestLog;
let failures: unknown[];
let counts: StrangerCounts;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  failures = [];
  counts = new StrangerCounts(log.audit, log.unitOfWork, (error) => failures.push(error));
});

async function entries(): Promise<AuditEntry[]> {
  await log.integrator().integrate();
  const { entries } = await log.reader.page({ after: null, limit: 1_000 });
  return entries.map(({ entry }) => entry as AuditEntry);
}

describe('what is refused to nobody known', () => {
  it('is one entry a minute, however much it was', async () => {
    for (let n = 0; n < 5_000; n++) counts.count('people.read', 'auth.required');
    counts.count('request.unknown_route', 'request.unknown_route');
    await counts.flush();
    await counts.flush();
    const [written, ...more] = await entries();
    expect(more).toEqual([]);
    expect(written).toMatchObject({
      action: 'requests.unauthenticated',
      outcome: 'refused',
      count: 5_001,
      details: {
        kinds: [
          { route: 'people.read', code: 'auth.required', count: 5_000 },
          { route: 'request.unknown_route', code: 'request.unknown_route', count: 1 },
        ],
      },
    });
  });

  it('takes more entries where it was of more kinds than fit into one', async () => {
    for (let n = 0; n < 100; n++) counts.count(`things.route_${'x'.repeat(60)}${n}`, 'auth.required');
    await counts.flush();
    expect((await entries()).map(({ count }) => count)).toEqual([40, 40, 20]);
  });

  it('stays for the next minute when it could not be written, and is written when the process ends', async () => {
    counts.count('people.read', 'auth.required');
    counts.count('people.read', 'auth.required');
    await log.tamper('ALTER TABLE audit_staging ADD CONSTRAINT broken CHECK (false) NOT VALID');
    await expect(counts.flush()).rejects.toThrow();
    await counts.stop();
    expect(failures).toHaveLength(1);
    await log.tamper('ALTER TABLE audit_staging DROP CONSTRAINT broken');
    counts.count('people.read', 'auth.required');
    counts.start();
    await counts.stop();
    expect((await entries()).map(({ count }) => count)).toEqual([3]);
  });
});
