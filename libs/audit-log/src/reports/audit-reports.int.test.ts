import { seededRandom } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../entry.js';
import {
  commitmentOf,
  indexFollower,
  integrateBytes,
  randomEntry,
  START,
} from '../sql/entry-query.fixture.js';
import { EntryQuery } from '../sql/entry-query.js';
import { TestLog } from '../sql/log.fixture.js';
import { type AuditReport, AuditReports } from './audit-reports.js';
import type { ReportName } from './report-catalogue.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(() => log.reset());

const period = { from: new Date('2026-03-01'), to: new Date('2026-04-01') };
const staff = (id: string) => ({ kind: 'staff', id }) as const;

function entry(changes: Partial<AuditEntry>): AuditEntry {
  const at = '2026-03-02T08:00:00.000Z';
  return { v: 1, at, action: 'people.read', outcome: 'done', actor: staff('olivia'), ...changes };
}

async function write(...entries: AuditEntry[]): Promise<void> {
  await integrateBytes(
    log,
    entries.map((one) => Buffer.from(JSON.stringify(one))),
  );
  await indexFollower(log).catchUp();
}

async function report(name: ReportName, maxRows = 100): Promise<AuditReport> {
  const covered = await new EntryQuery(log.unitOfWork).covered();
  if (!covered) throw new Error('nothing is indexed');
  return new AuditReports(log.unitOfWork, { clock: log.clock.now, maxRows }).report(name, period, covered);
}

const rowsOf = async (name: ReportName): Promise<Record<string, unknown>[]> => {
  const { columns, rows } = await report(name);
  return rows.map((row) =>
    Object.fromEntries(columns.flatMap(({ key }, n) => (row[n] === null ? [] : [[key, row[n]] as const]))),
  );
};

describe('a report of', () => {
  const subject = commitmentOf(1);

  it('reveals says who saw which fields of whom, why and how often', async () => {
    const one = { action: 'people.reveal', subject, purpose: 'support', fields: ['email', 'phone'] };
    const reason = { code: 'customer-request', reference: 'CASE-7' };
    await write(
      entry({ ...one, reason }),
      entry({ ...one, reason, at: '2026-03-09T08:00:00.000Z' }),
      entry({ ...one, reason: { ...reason, reference: 'CASE-8' } }),
      entry({ ...one, outcome: 'refused', code: 'people.purpose_not_allowed' }),
      entry({ subject }),
      entry({ ...one, reason, at: '2026-02-28T23:59:59.999Z' }),
      entry({ ...one, reason, at: '2026-04-01T00:00:00.000Z' }),
    );
    const shared = {
      actor_kind: 'staff',
      actor: 'olivia',
      subject,
      fields: 'email, phone',
      purpose: 'support',
    };
    const first = new Date('2026-03-02T08:00:00.000Z');
    expect(await rowsOf('reveals')).toEqual([
      {
        ...shared,
        reason_code: 'customer-request',
        reason_reference: 'CASE-7',
        count: 2,
        first,
        last: new Date('2026-03-09T08:00:00.000Z'),
      },
      {
        ...shared,
        reason_code: 'customer-request',
        reason_reference: 'CASE-8',
        count: 1,
        first,
        last: first,
      },
    ]);
  });

  it('break-glass has each entry with that reason, done or refused, and each review', async () => {
    const reason = { code: 'break-glass', reference: 'INC-1' };
    await write(
      entry({ reason: { code: 'order', reference: 'ORD-1' } }),
      entry({ reason, action: 'people.reveal', at: '2026-03-05T00:00:00.000Z' }),
      entry({ reason, outcome: 'refused', code: 'auth.forbidden' }),
      entry({ action: 'approvals.review', at: '2026-03-06T00:00:00.000Z' }),
    );
    expect(await rowsOf('break-glass')).toMatchObject([
      { position: 2, outcome: 'refused', code: 'auth.forbidden', reason_reference: 'INC-1' },
      { position: 1, outcome: 'done', action: 'people.reveal' },
      { position: 3, outcome: 'done', action: 'approvals.review' },
    ]);
  });

  it('refusals counts them by who, what and which code, the most first', async () => {
    const refused = { outcome: 'refused', code: 'auth.forbidden' } as const;
    await write(entry({}), entry(refused), entry({ ...refused, actor: staff('arthur') }), entry(refused));
    expect(await rowsOf('refusals')).toMatchObject([
      { actor: 'olivia', action: 'people.read', code: 'auth.forbidden', count: 2 },
      { actor: 'arthur', count: 1 },
    ]);
  });

  it('exports has each of them', async () => {
    await write(entry({ action: 'audit.export' }), entry({}), entry({ action: 'audit.stream' }));
    expect(await rowsOf('exports')).toMatchObject([
      { position: 0, action: 'audit.export' },
      { position: 2, action: 'audit.stream' },
    ]);
  });

  it('access says who looked at whom, staff before the people themselves', async () => {
    const herself = { kind: 'person', id: 'anna' } as const;
    await write(
      entry({ subject, actor: herself }),
      entry({ subject }),
      entry({ subject }),
      entry({ subject, action: 'people.reveal' }),
      entry({}),
      entry({ subject, outcome: 'refused', code: 'auth.forbidden' }),
    );
    expect(await rowsOf('access')).toMatchObject([
      { actor: 'olivia', subject, action: 'people.read', count: 2 },
      { actor: 'olivia', subject, action: 'people.reveal', count: 1 },
      { actor: 'anna', subject, action: 'people.read', count: 1 },
    ]);
  });
});

describe('every report', () => {
  it('is cut at the most rows, and says so', async () => {
    await write(entry({ action: 'audit.export' }), entry({ action: 'audit.export' }));
    expect(await report('exports', 2)).toMatchObject({ cut: false, rows: [{}, {}] });
    expect(await report('exports', 1)).toMatchObject({ cut: true, rows: [{}] });
  });

  it('names log, size, root and the first entry that is still here', async () => {
    await write(...Array.from({ length: 258 }, () => entry({ action: 'audit.export' })));
    const checkpoint = await log.reader.findCheckpoint();
    expect(await report('exports')).toMatchObject({ log: log.signer.name, first: 0, checkpoint });
    // As the archive leaves it while bundles still wait to go.
    const archived = `INSERT INTO audit_archive (size, root, note, archived_at) VALUES (256, $1, 'note', now())`;
    await log.superuser(archived, [Buffer.alloc(32)], 'ALTER TABLE audit_archive DISABLE TRIGGER ALL');
    const shorter = await report('exports');
    expect([shorter.first, shorter.rows.map(([position]) => position)]).toEqual([256, [256, 257]]);
  });

  it('covers what its checkpoint covers and nothing later', async () => {
    await write(entry({ action: 'audit.export' }));
    const covered = await new EntryQuery(log.unitOfWork).covered();
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    await write(entry({ action: 'audit.export' }));
    if (!covered) throw new Error('nothing is indexed');
    const { rows } = await new AuditReports(log.unitOfWork).report('exports', period, covered);
    expect(rows).toHaveLength(1);
  });

  it('adds up to what a plain count over the entries says', async () => {
    const random = seededRandom();
    const entries = Array.from({ length: 3_000 }, () => randomEntry(random));
    await write(...entries);
    const covered = await new EntryQuery(log.unitOfWork).covered();
    if (!covered) throw new Error('nothing is indexed');
    const within = { from: new Date(START), to: new Date(START + 10 * 86_400_000) };
    const { columns, rows } = await new AuditReports(log.unitOfWork).report('access', within, covered);
    const expected = new Map<string, number>();
    for (const { at, outcome, subject, actor, action } of entries) {
      if (outcome !== 'done' || !subject || new Date(at) >= within.to) continue;
      const key = [actor.kind, actor.id, subject, action].join();
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
    const count = columns.findIndex(({ key }) => key === 'count');
    const found = new Map(rows.map((row) => [row.slice(0, 4).join(), row[count]]));
    expect(found).toEqual(expected);
  });
});
