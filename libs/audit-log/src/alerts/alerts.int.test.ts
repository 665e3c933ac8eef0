import { setTimeout as sleep } from 'node:timers/promises';
import { type AlertDefinition } from '@integument/contracts';
import { proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { EntryRun } from '../sql/entry-run.js';
import { Follower } from '../sql/follower.js';
import { findAlertRule } from './alert-rules.js';
import { lockProgress, StateMap } from './alert-store.js';
import { brief, type Changes, TestAlerts } from './alerts.fixture.js';
import { timedEntries } from './alerts-follower.js';
import { type Alert, evaluate } from './evaluation.js';

const HOUR = 3_600_000;
const here = new TestAlerts();
const { write, catchUp, query, define, withoutDefaults, stored, alertEntries } = here;

describe('an alert', () => {
  it('is kept, stands in the log, and is told of', async () => {
    await write(...Array.from({ length: 25 }, () => ({})));
    await catchUp();
    const alert = {
      rule: 'many-reveals',
      group: 'staff:olivia',
      at: here.clock.now().getTime(),
      first: 0,
      last: 19,
      count: 20,
    };
    expect(await stored()).toEqual([alert]);
    expect(here.heard).toEqual([alert]);
    expect(await alertEntries()).toEqual([
      {
        v: 1,
        at: here.clock.now().toISOString(),
        action: 'audit.alert',
        outcome: 'done',
        actor: { kind: 'system', id: 'alerts' },
        object: 'many-reveals',
        count: 20,
        details: { at: here.clock.now().toISOString(), first: 0, last: 19, group: 'staff:olivia' },
      },
    ]);
  });

  it('raises no alert itself', async () => {
    await withoutDefaults();
    await define('all', { match: { actions: ['*'] } });
    await write({});
    for (let round = 0; round < 3; round++) {
      await catchUp();
      await here.log.integrator().integrate();
    }
    expect(brief(await stored())).toEqual(['all staff:olivia 0']);
  });

  it('of the rules to begin with is raised for break-glass, night work, refusals, exports and new clients', async () => {
    const client = (id: string) => ({ kind: 'client', id }) as const;
    await write({ action: 'people.read', actor: client('shop') });
    here.clock.advance({ days: 1 });
    await write({ action: 'people.read', actor: client('newcomer') });
    await write({ action: 'people.read', reason: { code: 'break-glass' } });
    await write({ action: 'audit.export', actor: { kind: 'staff', id: 'arthur' } });
    await write(
      ...Array.from({ length: 20 }, () => ({ outcome: 'refused', code: 'auth.forbidden' }) as const),
    );
    here.clock.advance({ hours: 10 });
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
      here.clock.advance({ seconds: random.chance(0.02) ? random.below(20_000) : random.below(120) });
      const skew = random.chance(0.2) ? random.below(HOUR) : 0;
      const ahead = random.chance(0.01) ? 1_000 * HOUR : 0;
      const at = new Date(here.clock.now().getTime() - skew + ahead);
      if (random.chance(0.1)) return strangers(random.below(60), at);
      const action = random.chance(0.7) ? 'people.reveal' : 'people.read';
      const id = `s${random.below(6) * random.below(6)}`;
      return { at, action, actor: { kind: 'staff', id } };
    });
  }

  /** A minute of them in one entry. */
  function strangers(count: number, at = here.clock.now()): Changes {
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
      here.clock.advance({ seconds: 60 });
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
        .map((id) => here.log.unitOfWork.single((tx) => findAlertRule(tx, id))),
    );
    const entries = timedEntries(await new EntryRun(here.log.unitOfWork).read(0, 1_000_000));
    return entries.flatMap((entry) => rules.flatMap((rule) => (rule && evaluate(rule, entry, states)) ?? []));
  }

  it('gives the same alerts in whatever batches, over restarts, and though it forgets', async () => {
    for (let round = 0; round < proofCount(3, 40); round++) {
      const random = seededRandom();
      await here.log.reset();
      here.clock.set('2026-01-15T06:00:00Z');
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
    here.clock.advance({ hours: 3 });
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
    const other = await here.log.hold(async (tx) => void (await lockProgress(tx)));
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
    await here.log.superuser('ALTER TABLE audit_staging RENAME TO audit_staging_gone');
    await expect(catchUp()).rejects.toThrow('audit_staging');
    expect(await stored()).toEqual([]);
    await here.log.superuser('ALTER TABLE audit_staging_gone RENAME TO audit_staging');
    await catchUp();
    expect(await stored()).toHaveLength(1);
  });

  it('passes by what is no entry', async () => {
    await withoutDefaults();
    await define('each', {});
    await write({}, {}, {}, {});
    await here.log.tamper("UPDATE audit_entry SET entry = 'no json' WHERE position = 1");
    await here.log.tamper('DELETE FROM audit_entry WHERE position = 2');
    await catchUp();
    expect((await stored()).map(({ last }) => last)).toEqual([0, 3]);
  });

  it('fails at a stored rule that is none, and goes on once it is mended', async () => {
    await write({});
    await query(`UPDATE audit_alert_rule SET definition = '{"when": "never"}' WHERE id = 'break-glass'`);
    await expect(catchUp()).rejects.toThrow();
    await query(`UPDATE audit_alert_rule SET enabled = false WHERE id = 'break-glass'`);
    await catchUp();
    const states = await Follower.states(here.log.unitOfWork);
    expect(states).toMatchObject([{ name: 'alerts', position: 1, failures: 0 }]);
  });
});
