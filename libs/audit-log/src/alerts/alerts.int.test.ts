import { setTimeout as sleep } from 'node:timers/promises';
import { type AlertDefinition, alertDefinition } from '@integument/contracts';
import { byteaArray } from '@integument/database';
import { FixedClock, proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../entry.js';
import { EntryRun } from '../sql/entry-run.js';
import { Follower } from '../sql/follower.js';
import { TestLog } from '../sql/log.fixture.js';
import { type AlertCursor, findAlertRule, putAlertRule, readAlerts } from './alert-rules.js';
import { lockProgress, StateMap } from './alert-store.js';
import { tryAlertRule } from './alert-trial.js';
import { type AlertsDependencies, alertsFollower, timedEntries } from './alerts-follower.js';
import { type Alert, evaluate } from './evaluation.js';

const HOUR = 3_600_000;
let log: TestLog;
let clock: FixedClock;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  clock = new FixedClock();
});

type Changes = Omit<Partial<AuditEntry>, 'at'> & { at?: Date };

/** Writes entries as other code would have, at times of their own. */
async function write(...entries: Changes[]): Promise<void> {
  const bytes = entries.map(({ at = clock.now(), ...changes }) => {
    const actor = { kind: 'staff', id: 'olivia' };
    return Buffer.from(
      JSON.stringify({
        v: 1,
        at: at.toISOString(),
        action: 'people.reveal',
        outcome: 'done',
        actor,
        ...changes,
      }),
    );
  });
  await log.unitOfWork.single((tx) =>
    tx.query('INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])', [byteaArray(bytes)]),
  );
  await log.integrator().integrate();
}

const heard: Alert[] = [];
beforeEach(() => {
  heard.length = 0;
});

function follower(options: Partial<AlertsDependencies> = {}): Follower {
  const onError = (error: unknown) => {
    throw error;
  };
  return alertsFollower({
    unitOfWork: log.unitOfWork,
    audit: log.audit,
    onError,
    onAlert: (alert) => heard.push(alert),
    clock: clock.now,
    timing: { leaseMs: 30_000 },
    ...options,
  });
}

/** Evaluates all there is, as a process that has just started would. */
async function catchUp(options: Partial<AlertsDependencies> = {}): Promise<void> {
  await query('UPDATE audit_follower SET holder = NULL');
  await follower(options).catchUp();
}

function query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return log.unitOfWork.single((tx) => tx.query<Row>(sql, values));
}

async function define(id: string, changes: Partial<AlertDefinition>, enabled = true) {
  const definition = alertDefinition.parse({
    match: { actions: ['people.reveal'] },
    groupBy: 'actor',
    when: { kind: 'each' },
    coolDownSeconds: 0,
    ...changes,
  });
  return log.unitOfWork.run((tx) =>
    putAlertRule(tx, { id, title: 'a test', enabled, definition, changedAt: clock.now() }),
  );
}

/** Only the rules of a test. */
const withoutDefaults = () => query('DELETE FROM audit_alert_rule');

async function stored(): Promise<Alert[]> {
  const { alerts } = await log.unitOfWork.run((tx) => readAlerts(tx, { after: null, limit: 10_000 }));
  return alerts.reverse();
}

async function alertEntries(): Promise<AuditEntry[]> {
  await log.integrator().integrate();
  const rows = await query<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY position');
  return rows
    .map(({ entry }) => JSON.parse(entry.toString()) as AuditEntry)
    .filter(({ action }) => action === 'audit.alert');
}

const brief = (alerts: readonly Alert[]) => alerts.map(({ rule, group, last }) => `${rule} ${group} ${last}`);

describe('an alert', () => {
  it('is kept, stands in the log, and is told of', async () => {
    await write(...Array.from({ length: 25 }, () => ({})));
    await catchUp();
    const alert = {
      rule: 'many-reveals',
      group: 'staff:olivia',
      at: clock.now().getTime(),
      first: 0,
      last: 19,
      count: 20,
    };
    expect(await stored()).toEqual([alert]);
    expect(heard).toEqual([alert]);
    expect(await alertEntries()).toEqual([
      {
        v: 1,
        at: clock.now().toISOString(),
        action: 'audit.alert',
        outcome: 'done',
        actor: { kind: 'system', id: 'alerts' },
        object: 'many-reveals',
        count: 20,
        details: { at: clock.now().toISOString(), first: 0, last: 19, group: 'staff:olivia' },
      },
    ]);
  });

  it('raises no alert itself', async () => {
    await withoutDefaults();
    await define('all', { match: { actions: ['*'] } });
    await write({});
    for (let round = 0; round < 3; round++) {
      await catchUp();
      await log.integrator().integrate();
    }
    expect(brief(await stored())).toEqual(['all staff:olivia 0']);
  });

  it('of the rules to begin with is raised for break-glass, night work, refusals, exports and new clients', async () => {
    const client = (id: string) => ({ kind: 'client', id }) as const;
    await write({ action: 'people.read', actor: client('shop') });
    clock.advance({ days: 1 });
    await write({ action: 'people.read', actor: client('newcomer') });
    await write({ action: 'people.read', reason: { code: 'break-glass' } });
    await write({ action: 'audit.export', actor: { kind: 'staff', id: 'arthur' } });
    await write(
      ...Array.from({ length: 20 }, () => ({ outcome: 'refused', code: 'auth.forbidden' }) as const),
    );
    clock.advance({ hours: 10 });
    await write({});
    await catchUp();
    expect(brief(await stored())).toEqual([
      'new-client client:newcomer 1',
      'break-glass staff:olivia 2',
      'log-exported staff:arthur 3',
      'refused-actor staff:olivia 23',
      'off-hours-reveals staff:olivia 24',
    ]);
  });
});

describe('evaluation', () => {
  const RULES: Record<string, Partial<AlertDefinition>> = {
    few: { when: { kind: 'count', threshold: 3, withinSeconds: 600 }, coolDownSeconds: 900 },
    many: {
      groupBy: 'none',
      when: { kind: 'count', threshold: 12, withinSeconds: 1_800 },
      coolDownSeconds: 0,
    },
    calm: { coolDownSeconds: 7_200 },
    fresh: { when: { kind: 'first-seen', of: 'actor', learnSeconds: 1_800 } },
    knocks: {
      match: { actions: ['people.read', 'requests.*'] },
      groupBy: 'none',
      when: { kind: 'count', threshold: 40, withinSeconds: 1_200 },
      coolDownSeconds: 1_200,
    },
    night: {
      when: { kind: 'off-hours', timeZone: 'UTC', days: ['thu', 'fri'], from: '08:00', to: '17:00' },
      coolDownSeconds: 1_800,
    },
  };

  /** Entries of a day or two, by clocks that differ by up to an hour, and hardly ever by one that is far ahead. */
  function anyEntries(random: SeededRandom, count: number): Changes[] {
    return Array.from({ length: count }, () => {
      clock.advance({ seconds: random.chance(0.02) ? random.below(20_000) : random.below(120) });
      const skew = random.chance(0.2) ? random.below(HOUR) : 0;
      const ahead = random.chance(0.01) ? 1_000 * HOUR : 0;
      const at = new Date(clock.now().getTime() - skew + ahead);
      if (random.chance(0.1)) return strangers(random.below(60), at);
      const action = random.chance(0.7) ? 'people.reveal' : 'people.read';
      const id = `s${random.below(6) * random.below(6)}`;
      return { at, action, actor: { kind: 'staff', id } };
    });
  }

  /** A minute of them in one entry. */
  function strangers(count: number, at = clock.now()): Changes {
    const actor = { kind: 'system', id: 'strangers' } as const;
    return {
      at,
      action: 'requests.unauthenticated',
      outcome: 'refused',
      code: 'auth.required',
      actor,
      count,
    };
  }

  it('of the rules to begin with raises one for a burst of strangers, also in parts', async () => {
    for (const count of [90, 90, 90]) {
      await write(strangers(count));
      await catchUp();
      clock.advance({ seconds: 60 });
    }
    expect(await stored()).toMatchObject([{ rule: 'refused-overall', first: 0, last: 2, count: 270 }]);
    expect(await alertEntries()).toMatchObject([{ object: 'refused-overall', count: 270 }]);
  });

  /** The same by nothing but memory: one pass, nothing forgotten. */
  async function expected(): Promise<Alert[]> {
    const states = new StateMap();
    const rules = await Promise.all(
      Object.keys(RULES)
        .sort()
        .map((id) => log.unitOfWork.single((tx) => findAlertRule(tx, id))),
    );
    const entries = timedEntries(await new EntryRun(log.unitOfWork).read(0, 1_000_000));
    return entries.flatMap((entry) => rules.flatMap((rule) => (rule && evaluate(rule, entry, states)) ?? []));
  }

  it('gives the same alerts in whatever batches, over restarts, and though it forgets', async () => {
    for (let round = 0; round < proofCount(3, 40); round++) {
      const random = seededRandom();
      await log.reset();
      clock.set('2026-01-15T06:00:00Z');
      await withoutDefaults();
      for (const [id, changes] of Object.entries(RULES)) await define(id, changes);
      for (let part = 0; part < 12; part++) {
        await write(...anyEntries(random, 1 + random.below(80)));
        if (random.chance(0.7)) await catchUp({ batchSize: 1 + random.below(40) });
      }
      await catchUp({ batchSize: 1 + random.below(500) });
      const alerts = await stored();
      const order = (one: Alert, other: Alert) => one.last - other.last || (one.rule < other.rule ? -1 : 1);
      expect(alerts.sort(order), `seed ${random.seed}`).toEqual((await expected()).sort(order));
      expect(alerts.length).toBeGreaterThan(10);
    }
  }, 300_000);

  it('forgets what can count no more', async () => {
    await withoutDefaults();
    await define('few', RULES.few ?? {});
    await write({}, { actor: { kind: 'staff', id: 'anna' } });
    await catchUp();
    const states = () => query<{ group_key: string }>('SELECT group_key FROM audit_alert_state ORDER BY 1');
    expect(await states()).toHaveLength(2);
    clock.advance({ hours: 3 });
    await write({});
    await catchUp();
    expect(await states()).toEqual([{ group_key: 'staff:olivia' }]);
  });

  it('raises once though the same entries come again, also by two at a time', async () => {
    await withoutDefaults();
    await define('few', { when: { kind: 'count', threshold: 3, withinSeconds: 600 } });
    await define('each', {});
    await write(...Array.from({ length: 9 }, () => ({})));
    await catchUp({ batchSize: 4 });
    const before = await stored();
    expect(before).toHaveLength(9 + 3);
    await query('UPDATE audit_follower SET position = 0, holder = NULL');
    await Promise.all([catchUp(), catchUp({ batchSize: 2 })]);
    expect(await stored()).toEqual(before);
    expect(await alertEntries()).toHaveLength(12);
    // Even where the progress itself was lost.
    await query('UPDATE audit_alert_progress SET position = 0');
    await query('DELETE FROM audit_alert_state');
    await query('UPDATE audit_follower SET position = 0');
    await catchUp();
    expect(await stored()).toEqual(before);
    expect(await alertEntries()).toHaveLength(12);
  });

  it('waits for whoever evaluates already, lease or not, and so does a change of a rule', async () => {
    await withoutDefaults();
    await define('each', {});
    await write({});
    const other = await log.hold(async (tx) => void (await lockProgress(tx)));
    const done: string[] = [];
    const all = Promise.all([
      catchUp().then(() => done.push('evaluated')),
      define('other', {}).then(() => done.push('changed')),
    ]);
    await sleep(150);
    const early = [...done];
    await other.end('commit');
    await all;
    expect(early).toEqual([]);
    expect(done).toHaveLength(2);
  });

  it('stores nothing where the alert can not be written to the log', async () => {
    await withoutDefaults();
    await define('each', {});
    await write({});
    await log.superuser('ALTER TABLE audit_staging RENAME TO audit_staging_gone');
    await expect(catchUp()).rejects.toThrow('audit_staging');
    expect(await stored()).toEqual([]);
    await log.superuser('ALTER TABLE audit_staging_gone RENAME TO audit_staging');
    await catchUp();
    expect(await stored()).toHaveLength(1);
  });

  it('passes by what is no entry', async () => {
    await withoutDefaults();
    await define('each', {});
    await write({}, {}, {}, {});
    await log.tamper("UPDATE audit_entry SET entry = 'no json' WHERE position = 1");
    await log.tamper('DELETE FROM audit_entry WHERE position = 2');
    await catchUp();
    expect((await stored()).map(({ last }) => last)).toEqual([0, 3]);
  });

  it('fails at a stored rule that is none, and goes on once it is mended', async () => {
    await write({});
    await query(`UPDATE audit_alert_rule SET definition = '{"when": "never"}' WHERE id = 'break-glass'`);
    await expect(catchUp()).rejects.toThrow();
    await query(`UPDATE audit_alert_rule SET enabled = false WHERE id = 'break-glass'`);
    await catchUp();
    const states = await Follower.states(log.unitOfWork);
    expect(states).toMatchObject([{ name: 'alerts', position: 1, failures: 0 }]);
  });
});

describe('a rule', () => {
  const few = (withinSeconds: number) => ({ when: { kind: 'count', threshold: 3, withinSeconds } }) as const;

  it('forgets what it counted when its definition changes, and only then', async () => {
    await withoutDefaults();
    const first = await define('few', few(600));
    expect(first).toEqual({ before: undefined, after: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
    await write({}, {});
    await catchUp();
    const same = await define('few', few(600), true);
    expect(same).toEqual({ before: first.after, after: first.after });
    await write({});
    await catchUp();
    expect(await stored()).toHaveLength(1);
    await write({}, {});
    await catchUp();
    const other = await define('few', few(700));
    expect(other.before).toBe(first.after);
    expect(other.after).not.toBe(first.after);
    await write({});
    await catchUp();
    expect(await stored()).toHaveLength(1);
  });

  it('that is switched off raises nothing', async () => {
    await withoutDefaults();
    await define('each', {}, false);
    await write({});
    await catchUp();
    expect(await stored()).toEqual([]);
  });

  it('is tried on what there is, and nothing comes of it', async () => {
    await withoutDefaults();
    const { definition } = {
      definition: alertDefinition.parse({
        match: { actions: ['*'] },
        groupBy: 'actor',
        when: { kind: 'each' },
        coolDownSeconds: 0,
      }),
    };
    const trial = (since: Date, most?: number) =>
      tryAlertRule(log.unitOfWork, { id: 'x', definition }, since, most);
    expect(await trial(clock.now())).toMatchObject({ entries: 0, count: 0, complete: true });
    await signedAt('2026-01-01T00:00:00Z', 5);
    await signedAt('2026-01-05T00:00:00Z', 7);
    await signedAt('2026-01-09T00:00:00Z', 3);
    expect(await trial(new Date('2026-01-10T00:00:00Z'))).toMatchObject({ from: 15, entries: 0, count: 0 });
    expect(await trial(new Date('2026-01-05T00:00:00Z'))).toMatchObject({
      from: 5,
      entries: 10,
      count: 10,
      complete: true,
    });
    expect(await trial(new Date('2026-01-05T00:00:01Z'))).toMatchObject({ from: 12, entries: 3 });
    expect(await trial(new Date('2025-01-01T00:00:00Z'))).toMatchObject({ from: 0, entries: 15 });
    const some = await trial(new Date('2025-01-01T00:00:00Z'), 4);
    expect(some).toMatchObject({ from: 11, entries: 4, complete: false, count: 4 });
    expect(some.alerts.map(({ last }) => last)).toEqual([14, 13, 12, 11]);
    expect(await stored()).toEqual([]);
    expect(await alertEntries()).toEqual([]);
    expect(await query('SELECT 1 FROM audit_alert_state')).toEqual([]);
  });

  async function signedAt(time: string, count: number): Promise<void> {
    clock.set(time);
    log.clock.set(time);
    await write(...Array.from({ length: count }, () => ({})));
  }
});

describe('the list of alerts', () => {
  it('is read page by page, the latest first, each once', async () => {
    await withoutDefaults();
    for (const id of ['a', 'b', 'c']) await define(id, { groupBy: 'none' });
    await write({}, {}, {});
    await catchUp();
    const seen: string[] = [];
    for (let after: AlertCursor | null = null; ; ) {
      const page: Awaited<ReturnType<typeof readAlerts>> = await log.unitOfWork.run((tx) =>
        readAlerts(tx, { after, limit: 2 }),
      );
      seen.push(...brief(page.alerts));
      if (!page.next) break;
      after = page.next;
    }
    expect(seen).toEqual(['c  2', 'b  2', 'a  2', 'c  1', 'b  1', 'a  1', 'c  0', 'b  0', 'a  0']);
  });
});
