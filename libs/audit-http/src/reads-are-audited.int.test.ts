import { AuditReports, Checkpoints, EntryQuery, TreeReader } from '@integument/audit-log';
import { staff } from '@integument/authz';
import type { UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexFollower } from '../../audit-log/src/sql/entry-query.fixture.js';
import { TestLog } from '../../audit-log/src/sql/log.fixture.js';
import { AuditController } from './audit.controller.js';
import { AuditEntriesController } from './audit-entries.controller.js';
import { AuditFeedsController } from './audit-feeds.controller.js';
import { AuditProofsController } from './audit-proofs.controller.js';
import { AuditReportsController } from './audit-reports.controller.js';
import { AuditTlogController } from './audit-tlog.controller.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
  await log.append(0, 1, 2);
  await log.integrator().integrate();
  await indexFollower(log).catchUp();
});
afterAll(() => log.drop());

const asker: Asker = {
  caller: staff({ id: 'arthur', session: 's', roles: ['auditor'] }),
  requestId: 'r1',
};
const input = <Query>(query: Query, params?: unknown) => ({ query, params, body: undefined }) as never;
const NAMES = 'entries stream export inclusion consistency tlog_tile report feeds'
  .split(' ')
  .map((verb) => `audit.${verb}`);
const period = { from: '2026-01-01', to: '2027-01-01' };

/** Every reading of the log that is on record, by the action that it is on record as. */
function readings(): Record<string, () => Promise<unknown>> {
  const { audit, reader, signer } = log;
  const unitOfWork: UnitOfWork = log.unitOfWork;
  const query = new EntryQuery(unitOfWork);
  const tree = new TreeReader(unitOfWork);
  const entries = new AuditEntriesController(audit, query, unitOfWork, signer);
  const reports = new AuditReportsController(audit, query, new AuditReports(unitOfWork), unitOfWork);
  const proofs = new AuditProofsController(audit, reader, tree, unitOfWork);
  const tlog = new AuditTlogController(audit, reader, new Checkpoints(unitOfWork), tree, unitOfWork);
  return {
    'audit.entries': () => entries.entries(asker, input({ limit: 10, action: 'tests.count' })),
    'audit.stream': () => entries.stream(asker, input({ format: 'csv' })),
    'audit.export': () =>
      new AuditController(audit, reader, unitOfWork, new Checkpoints(unitOfWork), signer).export(asker),
    'audit.inclusion': () => proofs.inclusion(asker, input({ position: 1, size: 3 })),
    'audit.consistency': () => proofs.consistency(asker, input({ from: 1, to: 3 })),
    'audit.tlog_tile': () => tlog.tile(asker, input(undefined, { '*': 'entries/000.p/3' })),
    'audit.report': () => reports.report(asker, input({ ...period, format: 'html' }, { report: 'access' })),
    'audit.feeds': () => new AuditFeedsController(audit, reader, unitOfWork).feeds(asker),
  };
}

const staged = async () => {
  const rows = await log.unitOfWork.single((tx) =>
    tx.query<{ entry: Buffer }>('SELECT entry FROM audit_staging ORDER BY ordinal'),
  );
  return rows.map(({ entry }) => JSON.parse(entry.toString('utf8')) as Record<string, unknown>);
};

describe('a reading of the log', () => {
  it('is one of these', () => expect(Object.keys(readings())).toEqual(NAMES));

  it.each(NAMES)('%s is one entry, there before the answer', async (name) => {
    const before = (await staged()).length;
    await readings()[name]?.();
    const added = (await staged()).slice(before);
    expect(added).toMatchObject([
      { action: name, outcome: 'done', actor: { id: 'arthur' }, requestId: 'r1' },
    ]);
  });

  it('says what was asked, and how much came', async () => {
    const entries = await staged();
    const of = (name: string) => entries.find(({ action }) => action === name);
    expect(of('audit.entries')).toMatchObject({
      count: 3,
      details: { action: 'tests.count', size: 3, limit: 10 },
    });
    expect(of('audit.report')).toMatchObject({
      count: 0,
      details: { ...period, report: 'access', format: 'html', size: 3 },
    });
    expect(of('audit.tlog_tile')).toMatchObject({ count: 3, details: { index: 0, width: 3 } });
  });

  it('says nothing of a value that stands in no entry: it could be somebody’s', async () => {
    const entries = new AuditEntriesController(
      log.audit,
      new EntryQuery(log.unitOfWork),
      log.unitOfWork,
      log.signer,
    );
    const before = (await staged()).length;
    const filter = { actor: 'Erika-Mustermann', purpose: 'Mustermann', outcome: 'done' };
    await entries.entries(asker, input({ ...filter, limit: 10 }));
    await entries.stream(asker, input({ ...filter, format: 'csv' }));
    const added = (await staged()).slice(before);
    expect(JSON.stringify(added)).not.toContain('Mustermann');
    const details = { outcome: 'done', unmatched: ['actor', 'purpose'] };
    expect(added).toMatchObject([{ count: 0, details }, { details }]);
  });

  it.each(NAMES)('%s has no answer when it can’t be written', async (name) => {
    await log.tamper('ALTER TABLE audit_staging ADD CONSTRAINT broken CHECK (false) NOT VALID');
    try {
      await expect(readings()[name]?.()).rejects.toThrow('broken');
    } finally {
      await log.tamper('ALTER TABLE audit_staging DROP CONSTRAINT broken');
    }
  });
});
