import { type AuditEntry, AuditLog, alertsFollower, type Follower } from '@integument/audit-log';
import { staff } from '@integument/authz';
import { problem } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { commonPolicy, createHttpApp, type HttpApp } from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestLog } from '../../audit-log/src/sql/log.fixture.js';
import { AuditAlertsController } from './audit-alerts.controller.js';
import { AuditedRefusals } from './audited-refusals.js';
import { LogReads } from './log-reads.js';
import { StrangerCounts } from './stranger-counts.js';

const WEB = 'http://web.test';
const ROLES = ['auditor', 'admin', 'privacy-officer', 'support'] as const;
type Role = (typeof ROLES)[number];

let log: TestLog;
let http: HttpApp;
let base: string;
beforeAll(async () => {
  log = await TestLog.open();
  @Module({
    controllers: [AuditAlertsController],
    providers: [
      { provide: AuditLog, useFactory: () => log.audit },
      { provide: UnitOfWork, useFactory: () => log.unitOfWork },
      { provide: LogReads, useFactory: () => log.unitOfWork },
    ],
  })
  class AlertsModule {}
  http = await createHttpApp(AlertsModule, {
    logger: createLogger({ service: 'test', level: 'error' }),
    title: 'Test',
    description: 'For tests',
    version: '1.0.0',
    publicUrl: 'http://api.test',
    listener: 'public',
    allowedOrigins: [WEB],
    wire: () => ({
      // The header stands for a session: how one is proved is not asked here.
      callers: {
        resolve: (request: { headers: Record<string, unknown> }) => {
          const role = String(request.headers['x-role']);
          return Promise.resolve(
            staff({ id: `the-${role}`, session: 's', roles: [role], secondFactorAt: new Date() }),
          );
        },
      },
      refusals: new AuditedRefusals(
        log.audit,
        log.unitOfWork,
        new StrangerCounts(log.audit, log.unitOfWork, () => undefined),
      ),
      limits: null,
      rules: null,
      policies: [commonPolicy('identity')],
      checks: {},
    }),
  });
  base = `http://127.0.0.1:${await http.listen(0, '127.0.0.1')}`;
});
afterAll(async () => {
  await http.close();
  await log.drop();
});
beforeEach(() => log.reset());

interface Reply {
  readonly items: { readonly rule: string; readonly enabled?: boolean; readonly group?: string }[];
  readonly next: string | null;
}

async function ask(role: Role, method: string, path: string, body?: unknown) {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${base}/v1/audit/${path}`, {
    method,
    headers: { 'x-role': role, origin: WEB, ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = (await response.json()) as Reply;
  return { status: response.status, json, code: response.ok ? undefined : problem.parse(json).code };
}

async function entries(): Promise<AuditEntry[]> {
  await log.integrator().integrate();
  const page = await log.reader.page({ after: null, limit: 1_000 });
  return page.entries.map(({ entry }) => entry as AuditEntry);
}

async function evaluateAll(): Promise<void> {
  await log.integrator().integrate();
  const onError = (error: unknown) => {
    throw error;
  };
  const { unitOfWork, audit } = log;
  const follower: Follower = alertsFollower({ unitOfWork, audit, onError, onAlert: () => undefined });
  await follower.catchUp();
}

const definition = {
  match: { actions: ['audit.alert_rules'] },
  groupBy: 'actor',
  when: { kind: 'each' },
  coolDownSeconds: 0,
};
const rule = { title: 'Somebody looked at the rules', enabled: true, definition };

describe('who may', () => {
  const table: [string, string, unknown, Role[]][] = [
    ['GET', 'alerts', undefined, ['auditor', 'admin', 'privacy-officer']],
    ['GET', 'alert-rules', undefined, ['auditor', 'admin', 'privacy-officer']],
    ['PUT', 'alert-rules/looked', rule, ['admin', 'privacy-officer']],
    ['POST', 'alert-rules/many-reveals/try', { days: 1 }, ['auditor', 'admin', 'privacy-officer']],
  ];
  it.each(table)('%s %s', async (method, path, body, allowed) => {
    for (const role of ROLES) {
      const { status, code } = await ask(role, method, path, body);
      expect([role, status, code]).toEqual(
        allowed.includes(role) ? [role, 200, undefined] : [role, 403, 'auth.forbidden'],
      );
    }
    // Each on record, the refused ones too.
    const written = await entries();
    expect(written.map(({ actor }) => actor.id)).toEqual(ROLES.map((role) => `the-${role}`));
  });
});

describe('a rule', () => {
  it('is changed on record, with what it said before and says now', async () => {
    const created = await ask('admin', 'PUT', 'alert-rules/looked', rule);
    expect(created.json).toEqual({ rule: 'looked', ...rule, changedAt: expect.any(String) as unknown });
    await ask('admin', 'PUT', 'alert-rules/looked', { ...rule, enabled: false });
    const listed = await ask('auditor', 'GET', 'alert-rules');
    expect(listed.json.items.find((one) => one.rule === 'looked')?.enabled).toBe(false);
    const [first, second, read] = await entries();
    expect(first).toMatchObject({ action: 'audit.change_alert_rule', object: 'looked', outcome: 'done' });
    expect(Object.keys(first?.details ?? {})).toEqual(['after']);
    expect(second?.details).toEqual({
      before: first?.details?.after,
      after: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
    expect(second?.details?.after).not.toBe(first?.details?.after);
    expect(read).toMatchObject({ action: 'audit.alert_rules', count: 9 });
    expect(JSON.stringify([first, second])).not.toContain(rule.title);
  });

  it.each([
    ['alert-rules/Looked', rule],
    ['alert-rules/looked', { ...rule, title: '' }],
    ['alert-rules/looked', { ...rule, definition: { ...definition, script: 'process.exit()' } }],
    ['alert-rules/looked', { ...rule, definition: { ...definition, match: { actions: ['(a+)+'] } } }],
  ])('that is none is refused: %s %o', async (path, body) => {
    expect(await ask('admin', 'PUT', path, body)).toMatchObject({ status: 400, code: 'request.invalid' });
    const listed = await ask('auditor', 'GET', 'alert-rules');
    expect(listed.json.items).toHaveLength(8);
  });

  it('is the hundredth at most', async () => {
    for (let n = 8; n < 100; n++) {
      expect((await ask('admin', 'PUT', `alert-rules/r${n}`, rule)).status).toBe(200);
    }
    const refused = await ask('admin', 'PUT', 'alert-rules/one-more', rule);
    expect(refused).toMatchObject({ status: 409, code: 'audit.too_many_rules' });
    expect((await ask('admin', 'PUT', 'alert-rules/r99', rule)).status).toBe(200);
  });

  it('is not changed where the change can not be put on record', async () => {
    await log.superuser('ALTER TABLE audit_staging RENAME TO audit_staging_gone');
    const { status } = await ask('admin', 'PUT', 'alert-rules/looked', rule);
    await log.superuser('ALTER TABLE audit_staging_gone RENAME TO audit_staging');
    expect(status).toBeGreaterThanOrEqual(500);
    const listed = await ask('auditor', 'GET', 'alert-rules');
    expect(listed.json.items).toHaveLength(8);
  });

  it('can be tried before it is kept, and raises nothing', async () => {
    log.clock.set(new Date());
    await ask('auditor', 'GET', 'alert-rules');
    await ask('admin', 'GET', 'alert-rules');
    await log.integrator().integrate();
    const tried = await ask('auditor', 'POST', 'alert-rules/looked/try', { days: 3, definition });
    expect(tried.json).toMatchObject({ from: 0, entries: 2, complete: true, count: 2 });
    expect(tried.json.items.map(({ group }) => group)).toEqual(['staff:the-admin', 'staff:the-auditor']);
    expect(await ask('auditor', 'POST', 'alert-rules/looked/try', { days: 3 })).toMatchObject({
      status: 404,
      code: 'audit.unknown_rule',
    });
    expect((await ask('auditor', 'GET', 'alerts')).json).toEqual({ items: [], next: null });
    const written = await entries();
    expect(written.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'audit.alert_rules done',
      'audit.alert_rules done',
      'audit.try_alert_rule done',
      'audit.try_alert_rule refused',
      'audit.alerts done',
    ]);
  });
});

describe('alerts', () => {
  it('are read page by page', async () => {
    await ask('admin', 'PUT', 'alert-rules/looked', rule);
    for (const role of ['admin', 'auditor', 'privacy-officer'] as const)
      await ask(role, 'GET', 'alert-rules');
    await evaluateAll();
    const first = await ask('auditor', 'GET', 'alerts?limit=2');
    expect(first.json.items).toEqual([
      {
        rule: 'looked',
        group: 'staff:the-privacy-officer',
        at: expect.any(String) as unknown,
        first: 3,
        last: 3,
        count: 1,
      },
      {
        rule: 'looked',
        group: 'staff:the-auditor',
        at: expect.any(String) as unknown,
        first: 2,
        last: 2,
        count: 1,
      },
    ]);
    const second = await ask('auditor', 'GET', `alerts?limit=2&cursor=${first.json.next}`);
    expect(second.json).toMatchObject({ items: [{ group: 'staff:the-admin' }], next: null });
  });

  it.each([
    'x',
    'W10',
    Buffer.from('["1","a","b"]').toString('base64url'),
    Buffer.from('[1,"a","\\u0000"]').toString('base64url'),
  ])('are not read from the cursor %s', async (cursor) => {
    expect(await ask('auditor', 'GET', `alerts?cursor=${cursor}`)).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
  });
});
